WITH `t7` AS (
  SELECT DISTINCT
    `t3`.`work_id`,
    `t3`.`author_id`
  FROM `project`.`armillary`.`authorship` AS t3
  WHERE
    NOT `t3`.`author_id` IS NULL
), `t9` AS (
  SELECT
    `t1`.`work_id`,
    `t1`.`doi`,
    `t1`.`title`,
    `t1`.`year`,
    `t1`.`date`,
    `t1`.`type`,
    `t1`.`type_raw`,
    `t1`.`language`,
    `t1`.`source_id`,
    `t1`.`topic_id`,
    `t1`.`subfield_id`,
    `t1`.`field_id`,
    `t1`.`domain_id`,
    `t1`.`is_retracted`,
    `t1`.`is_paratext`,
    `t1`.`is_xpac`,
    `t1`.`n_authors`,
    `t1`.`n_corresponding`,
    `t1`.`is_authors_truncated`,
    `t1`.`n_references`,
    `t1`.`cited_by_n`,
    `t1`.`oa_status`,
    `t1`.`has_abstract`,
    `t1`.`updated_date`,
    0 AS `period`
  FROM `project`.`armillary`.`work` AS t1
  WHERE
    NOT (
      `t1`.`is_retracted`
    )
    AND NOT (
      `t1`.`is_paratext`
    )
    AND NOT (
      COALESCE(`t1`.`is_xpac`, FALSE)
    )
    AND NOT (
      `t1`.`is_authors_truncated`
    )
), `t32` AS (
  SELECT
    `t31`.`work_id`,
    COALESCE(`t31`.`year`, CAST(-1 AS INT64)) AS `year`,
    `t31`.`citations`,
    COALESCE(CAST(`t31`.`subfield_id` AS INT64), CAST(-1 AS INT64)) AS `cls`,
    COALESCE(`t31`.`type`, '') AS `type`
  FROM (
    SELECT
      `t14`.`work_id`,
      `t14`.`doi`,
      `t14`.`title`,
      `t14`.`year`,
      `t14`.`date`,
      `t14`.`type`,
      `t14`.`type_raw`,
      `t14`.`language`,
      `t14`.`source_id`,
      `t14`.`topic_id`,
      `t14`.`subfield_id`,
      `t14`.`field_id`,
      `t14`.`domain_id`,
      `t14`.`is_retracted`,
      `t14`.`is_paratext`,
      `t14`.`is_xpac`,
      `t14`.`n_authors`,
      `t14`.`n_corresponding`,
      `t14`.`is_authors_truncated`,
      `t14`.`n_references`,
      `t14`.`cited_by_n`,
      `t14`.`oa_status`,
      `t14`.`has_abstract`,
      `t14`.`updated_date`,
      `t14`.`period`,
      CAST(COALESCE(`t30`.`citations`, 0) AS INT64) AS `citations`
    FROM `t9` AS `t14`
    LEFT OUTER JOIN (
      SELECT
        `t28`.`cited_id` AS `work_id`,
        COUNT(*) AS `citations`
      FROM (
        SELECT
          `t4`.`citing_id`,
          `t4`.`cited_id`,
          `t4`.`citing_year`
        FROM `project`.`armillary`.`citation` AS t4
        WHERE
          EXISTS(
            SELECT
              1
            FROM `t9` AS `t15`
            WHERE
              `t4`.`citing_id` = `t15`.`work_id`
          )
          AND NOT EXISTS(
            SELECT
              1
            FROM (
              SELECT DISTINCT
                *
              FROM (
                SELECT
                  `t6`.`citing_id`,
                  `t6`.`cited_id`
                FROM (
                  SELECT
                    `t2`.`citing_id`,
                    `t2`.`cited_id`
                  FROM `project`.`armillary`.`citation` AS t2
                ) AS `t6`
                INNER JOIN (
                  SELECT
                    `t10`.`work_id` AS `cited_id`,
                    `t10`.`author_id`
                  FROM `t7` AS `t10`
                ) AS `t19`
                  ON `t6`.`cited_id` = `t19`.`cited_id`
                INNER JOIN (
                  SELECT
                    `t10`.`work_id` AS `citing_id`,
                    `t10`.`author_id`
                  FROM `t7` AS `t10`
                ) AS `t20`
                  ON `t6`.`citing_id` = `t20`.`citing_id` AND `t19`.`author_id` = `t20`.`author_id`
              ) AS `t22`
            ) AS `t25`
            WHERE
              `t4`.`citing_id` = `t25`.`citing_id` AND `t4`.`cited_id` = `t25`.`cited_id`
          )
      ) AS `t28`
      GROUP BY
        1
    ) AS `t30`
      ON `t14`.`work_id` = `t30`.`work_id`
  ) AS `t31`
), `t36` AS (
  SELECT
    `t35`.`cls`,
    `t35`.`year`,
    `t35`.`type`,
    `t35`.`citations`,
    `t35`.`n`,
    (
      `t35`.`year` <> -1
    ) AND (
      `t35`.`type` <> ''
    ) AND (
      `t35`.`cls` <> -1
    ) AS `has_cell`,
    SUM(`t35`.`n`) OVER (
      PARTITION BY `t35`.`cls`, `t35`.`year`, `t35`.`type`
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `cell_n`,
    SUM(`t35`.`n` * CAST(`t35`.`citations` AS INT64)) OVER (
      PARTITION BY `t35`.`cls`, `t35`.`year`, `t35`.`type`
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `cell_c`,
    SUM(`t35`.`n`) OVER (
      PARTITION BY `t35`.`cls`, `t35`.`year`, `t35`.`type`
      ORDER BY `t35`.`citations` DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) - `t35`.`n` AS `n_above`,
    CAST(ROW_NUMBER() OVER (
      ORDER BY `t35`.`cls` ASC, `t35`.`year` ASC, `t35`.`type` ASC, `t35`.`citations` ASC
    ) - 1 AS INT64) AS `place`
  FROM (
    SELECT
      `t33`.`cls`,
      `t33`.`year`,
      `t33`.`type`,
      `t33`.`citations`,
      COUNT(*) AS `n`
    FROM `t32` AS `t33`
    GROUP BY
      1,
      2,
      3,
      4
  ) AS `t35`
)
SELECT
  `t46`.`unit_id`,
  `t46`.`period`,
  COUNT(DISTINCT `t46`.`work_id`) AS `count`,
  CAST(SUM(CAST(`t46`.`num` AS BIGNUMERIC)) AS STRING) AS `num`,
  CAST(SUM(CAST(`t46`.`den` AS BIGNUMERIC)) AS STRING) AS `den`
FROM (
  SELECT
    `t45`.`unit_id`,
    `t45`.`period`,
    `t45`.`work_id`,
    CAST(FLOOR((
      CAST(`t45`.`credit` AS FLOAT64) * `t45`.`score`
    ) + 0.5) AS INT64) AS `num`,
    `t45`.`credit` AS `den`
  FROM (
    SELECT
      `t27`.`unit_id`,
      `t27`.`period`,
      `t27`.`work_id`,
      `t27`.`credit`,
      `t44`.`score`,
      `t44`.`is_scored`
    FROM (
      SELECT
        `t24`.`unit_id`,
        `t24`.`period`,
        `t24`.`work_id`,
        963761198400 AS `credit`
      FROM (
        SELECT DISTINCT
          `t21`.`country_code` AS `unit_id`,
          `t21`.`period`,
          `t21`.`work_id`
        FROM (
          SELECT
            `t18`.`work_id`,
            `t18`.`author_seq`,
            `t18`.`institution_id`,
            `t18`.`country_code`,
            `t18`.`n_author_institutions`,
            `t18`.`is_corresponding`,
            `t18`.`share_of`,
            `t11`.`period`,
            `t11`.`n_authors`,
            `t11`.`n_corresponding`
          FROM (
            SELECT
              `t0`.`work_id`,
              `t0`.`author_seq`,
              `t0`.`institution_id`,
              `t0`.`country_code`,
              `t0`.`n_author_institutions`,
              `t0`.`is_corresponding`,
              IF(
                (
                  `t0`.`address_seq` = 0
                ) AND (
                  `t0`.`n_author_institutions` > 0
                ),
                CAST(GREATEST(`t0`.`n_author_institutions`, 1) AS INT64),
                CAST(GREATEST(`t0`.`n_addresses`, 1) AS INT64) * CAST(GREATEST(`t0`.`n_in_address`, 1) AS INT64)
              ) AS `share_of`
            FROM `project`.`armillary`.`affiliation` AS t0
          ) AS `t18`
          INNER JOIN (
            SELECT
              `t1`.`work_id`,
              0 AS `period`,
              `t1`.`n_authors`,
              `t1`.`n_corresponding`
            FROM `project`.`armillary`.`work` AS t1
            WHERE
              NOT (
                `t1`.`is_retracted`
              )
              AND NOT (
                `t1`.`is_paratext`
              )
              AND NOT (
                COALESCE(`t1`.`is_xpac`, FALSE)
              )
              AND NOT (
                `t1`.`is_authors_truncated`
              )
          ) AS `t11`
            ON `t18`.`work_id` = `t11`.`work_id`
        ) AS `t21`
        WHERE
          NOT `t21`.`country_code` IS NULL
      ) AS `t24`
    ) AS `t27`
    INNER JOIN (
      SELECT
        `t42`.`work_id`,
        `t42`.`top10` AS `score`,
        `t42`.`has_cell` AS `is_scored`
      FROM (
        SELECT
          `t34`.`work_id`,
          `t41`.`citations`,
          `t41`.`has_cell`,
          `t41`.`ncs`,
          `t41`.`top1`,
          `t41`.`top2`,
          `t41`.`top5`,
          `t41`.`top10`,
          `t41`.`top20`,
          `t41`.`top50`,
          `t41`.`cell_n`
        FROM `t32` AS `t34`
        INNER JOIN (
          SELECT
            `t37`.`cls`,
            `t37`.`year`,
            `t37`.`type`,
            `t37`.`place`,
            `t37`.`citations`,
            `t37`.`has_cell`,
            IF(
              `t37`.`has_cell`,
              IF(
                `t37`.`cell_c` = 0,
                1.0,
                ieee_divide(
                  CAST(`t37`.`citations` AS FLOAT64) * CAST(`t37`.`cell_n` AS FLOAT64),
                  CAST(NULLIF(`t37`.`cell_c`, 0) AS FLOAT64)
                )
              ),
              CAST(NULL AS FLOAT64)
            ) AS `ncs`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 1
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top1`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 2
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top2`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 5
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top5`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 10
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top10`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 20
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top20`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 50
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top50`,
            IF(`t37`.`has_cell`, `t37`.`cell_n`, CAST(NULL AS INT64)) AS `cell_n`
          FROM `t36` AS `t37`
        ) AS `t40`
          ON `t34`.`cls` = `t40`.`cls`
          AND `t34`.`year` = `t40`.`year`
          AND `t34`.`type` = `t40`.`type`
          AND `t34`.`citations` = `t40`.`citations`
        INNER JOIN (
          SELECT
            `t37`.`place`,
            `t37`.`citations`,
            `t37`.`has_cell`,
            IF(
              `t37`.`has_cell`,
              IF(
                `t37`.`cell_c` = 0,
                1.0,
                ieee_divide(
                  CAST(`t37`.`citations` AS FLOAT64) * CAST(`t37`.`cell_n` AS FLOAT64),
                  CAST(NULLIF(`t37`.`cell_c`, 0) AS FLOAT64)
                )
              ),
              CAST(NULL AS FLOAT64)
            ) AS `ncs`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 1
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top1`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 2
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top2`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 5
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top5`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 10
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top10`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 20
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top20`,
            IF(
              `t37`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t37`.`cell_n` * 50
                ) - (
                  `t37`.`n_above` * 100
                ), `t37`.`n` * 100), 0) AS FLOAT64),
                CAST(`t37`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top50`,
            IF(`t37`.`has_cell`, `t37`.`cell_n`, CAST(NULL AS INT64)) AS `cell_n`
          FROM `t36` AS `t37`
        ) AS `t41`
          ON `t40`.`place` = `t41`.`place`
      ) AS `t42`
    ) AS `t44`
      ON `t27`.`work_id` = `t44`.`work_id`
  ) AS `t45`
  WHERE
    NOT `t45`.`score` IS NULL
) AS `t46`
GROUP BY
  1,
  2
