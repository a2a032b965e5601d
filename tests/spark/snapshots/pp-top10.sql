WITH `t11` AS (
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
), `t20` AS (
  SELECT
    `t9`.`work_id`,
    BIT_OR(1 << (
      MOD(`t9`.`author_id`, 61)
    )) AS `bits_61`,
    BIT_OR(1 << (
      MOD(`t9`.`author_id`, 59)
    )) AS `bits_59`
  FROM (
    SELECT
      `t3`.`work_id`,
      `t3`.`author_id`
    FROM `project`.`armillary`.`authorship` AS t3
    WHERE
      NOT `t3`.`author_id` IS NULL
  ) AS `t9`
  GROUP BY
    1
), `t40` AS (
  SELECT
    `t39`.`work_id`,
    COALESCE(`t39`.`year`, CAST(-1 AS INT64)) AS `year`,
    `t39`.`citations`,
    COALESCE(CAST(`t39`.`subfield_id` AS INT64), CAST(-1 AS INT64)) AS `cls`,
    COALESCE(`t39`.`type`, '') AS `type`
  FROM (
    SELECT
      `t17`.`work_id`,
      `t17`.`doi`,
      `t17`.`title`,
      `t17`.`year`,
      `t17`.`date`,
      `t17`.`type`,
      `t17`.`type_raw`,
      `t17`.`language`,
      `t17`.`source_id`,
      `t17`.`topic_id`,
      `t17`.`subfield_id`,
      `t17`.`field_id`,
      `t17`.`domain_id`,
      `t17`.`is_retracted`,
      `t17`.`is_paratext`,
      `t17`.`is_xpac`,
      `t17`.`n_authors`,
      `t17`.`n_corresponding`,
      `t17`.`is_authors_truncated`,
      `t17`.`n_references`,
      `t17`.`cited_by_n`,
      `t17`.`oa_status`,
      `t17`.`has_abstract`,
      `t17`.`updated_date`,
      `t17`.`period`,
      CAST(COALESCE(`t38`.`citations`, 0) AS INT64) AS `citations`
    FROM `t11` AS `t17`
    LEFT OUTER JOIN (
      SELECT
        `t36`.`cited_id` AS `work_id`,
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
            FROM `t11` AS `t18`
            WHERE
              `t4`.`citing_id` = `t18`.`work_id`
          )
          AND NOT EXISTS(
            SELECT
              1
            FROM (
              SELECT DISTINCT
                *
              FROM (
                SELECT
                  `t32`.`citing_id`,
                  `t32`.`cited_id`
                FROM (
                  SELECT
                    `t29`.`citing_id`,
                    `t29`.`cited_id`
                  FROM (
                    SELECT
                      `t6`.`citing_id`,
                      `t6`.`cited_id`,
                      `t25`.`bits_61`,
                      `t25`.`bits_59`,
                      `t26`.`bits_61` AS `bits_61_cited`,
                      `t26`.`bits_59` AS `bits_59_cited`
                    FROM (
                      SELECT
                        `t2`.`citing_id`,
                        `t2`.`cited_id`
                      FROM `project`.`armillary`.`citation` AS t2
                    ) AS `t6`
                    INNER JOIN (
                      SELECT
                        `t21`.`work_id` AS `citing_id`,
                        `t21`.`bits_61`,
                        `t21`.`bits_59`
                      FROM `t20` AS `t21`
                    ) AS `t25`
                      ON `t6`.`citing_id` = `t25`.`citing_id`
                    INNER JOIN (
                      SELECT
                        `t21`.`work_id` AS `cited_id`,
                        `t21`.`bits_61`,
                        `t21`.`bits_59`
                      FROM `t20` AS `t21`
                    ) AS `t26`
                      ON `t6`.`cited_id` = `t26`.`cited_id`
                  ) AS `t29`
                  WHERE
                    (
                      `t29`.`bits_61` & `t29`.`bits_61_cited`
                    ) <> 0
                    AND (
                      `t29`.`bits_59` & `t29`.`bits_59_cited`
                    ) <> 0
                ) AS `t32`
                INNER JOIN (
                  SELECT
                    `t3`.`work_id` AS `cited_id`,
                    `t3`.`author_id`
                  FROM `project`.`armillary`.`authorship` AS t3
                  WHERE
                    NOT `t3`.`author_id` IS NULL
                ) AS `t12`
                  ON `t32`.`cited_id` = `t12`.`cited_id`
                WHERE
                  EXISTS(
                    SELECT
                      1
                    FROM (
                      SELECT
                        `t3`.`work_id` AS `citing_id`,
                        `t3`.`author_id`
                      FROM `project`.`armillary`.`authorship` AS t3
                      WHERE
                        NOT `t3`.`author_id` IS NULL
                    ) AS `t13`
                    WHERE
                      `t32`.`citing_id` = `t13`.`citing_id` AND `t12`.`author_id` = `t13`.`author_id`
                  )
              ) AS `t33`
            ) AS `t35`
            WHERE
              `t4`.`citing_id` = `t35`.`citing_id` AND `t4`.`cited_id` = `t35`.`cited_id`
          )
      ) AS `t36`
      GROUP BY
        1
    ) AS `t38`
      ON `t17`.`work_id` = `t38`.`work_id`
  ) AS `t39`
), `t44` AS (
  SELECT
    `t43`.`cls`,
    `t43`.`year`,
    `t43`.`type`,
    `t43`.`citations`,
    `t43`.`n`,
    (
      `t43`.`year` <> -1
    ) AND (
      `t43`.`type` <> ''
    ) AND (
      `t43`.`cls` <> -1
    ) AS `has_cell`,
    SUM(`t43`.`n`) OVER (
      PARTITION BY `t43`.`cls`, `t43`.`year`, `t43`.`type`
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `cell_n`,
    SUM(`t43`.`n` * CAST(`t43`.`citations` AS INT64)) OVER (
      PARTITION BY `t43`.`cls`, `t43`.`year`, `t43`.`type`
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `cell_c`,
    SUM(`t43`.`n`) OVER (
      PARTITION BY `t43`.`cls`, `t43`.`year`, `t43`.`type`
      ORDER BY `t43`.`citations` DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) - `t43`.`n` AS `n_above`,
    CAST(ROW_NUMBER() OVER (
      ORDER BY `t43`.`cls` ASC, `t43`.`year` ASC, `t43`.`type` ASC, `t43`.`citations` ASC
    ) - 1 AS INT64) AS `place`
  FROM (
    SELECT
      `t41`.`cls`,
      `t41`.`year`,
      `t41`.`type`,
      `t41`.`citations`,
      COUNT(*) AS `n`
    FROM `t40` AS `t41`
    GROUP BY
      1,
      2,
      3,
      4
  ) AS `t43`
)
SELECT
  `t54`.`unit_id`,
  `t54`.`period`,
  COUNT(DISTINCT `t54`.`work_id`) AS `count`,
  CAST(SUM(CAST(`t54`.`num` AS BIGNUMERIC)) AS STRING) AS `num`,
  CAST(SUM(CAST(`t54`.`den` AS BIGNUMERIC)) AS STRING) AS `den`
FROM (
  SELECT
    `t53`.`unit_id`,
    `t53`.`period`,
    `t53`.`work_id`,
    CAST(FLOOR((
      CAST(`t53`.`credit` AS FLOAT64) * `t53`.`score`
    ) + 0.5) AS INT64) AS `num`,
    `t53`.`credit` AS `den`
  FROM (
    SELECT
      `t30`.`unit_id`,
      `t30`.`period`,
      `t30`.`work_id`,
      `t30`.`credit`,
      `t52`.`score`,
      `t52`.`is_scored`
    FROM (
      SELECT
        `t27`.`unit_id`,
        `t27`.`period`,
        `t27`.`work_id`,
        963761198400 AS `credit`
      FROM (
        SELECT DISTINCT
          `t22`.`country_code` AS `unit_id`,
          `t22`.`period`,
          `t22`.`work_id`
        FROM (
          SELECT
            `t19`.`work_id`,
            `t19`.`author_seq`,
            `t19`.`institution_id`,
            `t19`.`country_code`,
            `t19`.`n_author_institutions`,
            `t19`.`is_corresponding`,
            `t19`.`share_of`,
            `t14`.`period`,
            `t14`.`n_authors`,
            `t14`.`n_corresponding`
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
          ) AS `t19`
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
          ) AS `t14`
            ON `t19`.`work_id` = `t14`.`work_id`
        ) AS `t22`
        WHERE
          NOT `t22`.`country_code` IS NULL
      ) AS `t27`
    ) AS `t30`
    INNER JOIN (
      SELECT
        `t50`.`work_id`,
        `t50`.`top10` AS `score`,
        `t50`.`has_cell` AS `is_scored`
      FROM (
        SELECT
          `t42`.`work_id`,
          `t49`.`citations`,
          `t49`.`has_cell`,
          `t49`.`ncs`,
          `t49`.`top1`,
          `t49`.`top2`,
          `t49`.`top5`,
          `t49`.`top10`,
          `t49`.`top20`,
          `t49`.`top50`,
          `t49`.`cell_n`
        FROM `t40` AS `t42`
        INNER JOIN (
          SELECT
            `t45`.`cls`,
            `t45`.`year`,
            `t45`.`type`,
            `t45`.`place`,
            `t45`.`citations`,
            `t45`.`has_cell`,
            IF(
              `t45`.`has_cell`,
              IF(
                `t45`.`cell_c` = 0,
                1.0,
                ieee_divide(
                  CAST(`t45`.`citations` AS FLOAT64) * CAST(`t45`.`cell_n` AS FLOAT64),
                  CAST(NULLIF(`t45`.`cell_c`, 0) AS FLOAT64)
                )
              ),
              CAST(NULL AS FLOAT64)
            ) AS `ncs`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 1
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top1`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 2
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top2`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 5
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top5`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 10
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top10`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 20
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top20`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 50
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top50`,
            IF(`t45`.`has_cell`, `t45`.`cell_n`, CAST(NULL AS INT64)) AS `cell_n`
          FROM `t44` AS `t45`
        ) AS `t48`
          ON `t42`.`cls` = `t48`.`cls`
          AND `t42`.`year` = `t48`.`year`
          AND `t42`.`type` = `t48`.`type`
          AND `t42`.`citations` = `t48`.`citations`
        INNER JOIN (
          SELECT
            `t45`.`place`,
            `t45`.`citations`,
            `t45`.`has_cell`,
            IF(
              `t45`.`has_cell`,
              IF(
                `t45`.`cell_c` = 0,
                1.0,
                ieee_divide(
                  CAST(`t45`.`citations` AS FLOAT64) * CAST(`t45`.`cell_n` AS FLOAT64),
                  CAST(NULLIF(`t45`.`cell_c`, 0) AS FLOAT64)
                )
              ),
              CAST(NULL AS FLOAT64)
            ) AS `ncs`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 1
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top1`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 2
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top2`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 5
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top5`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 10
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top10`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 20
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top20`,
            IF(
              `t45`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t45`.`cell_n` * 50
                ) - (
                  `t45`.`n_above` * 100
                ), `t45`.`n` * 100), 0) AS FLOAT64),
                CAST(`t45`.`n` * 100 AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top50`,
            IF(`t45`.`has_cell`, `t45`.`cell_n`, CAST(NULL AS INT64)) AS `cell_n`
          FROM `t44` AS `t45`
        ) AS `t49`
          ON `t48`.`place` = `t49`.`place`
      ) AS `t50`
    ) AS `t52`
      ON `t30`.`work_id` = `t52`.`work_id`
  ) AS `t53`
  WHERE
    NOT `t53`.`score` IS NULL
) AS `t54`
GROUP BY
  1,
  2
