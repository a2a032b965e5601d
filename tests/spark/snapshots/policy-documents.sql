SELECT
  `t28`.`unit_id`,
  `t28`.`period`,
  COUNT(DISTINCT `t28`.`work_id`) AS `count`,
  CAST(SUM(CAST(`t28`.`num` AS BIGNUMERIC)) AS STRING) AS `num`
FROM (
  SELECT
    `t27`.`unit_id`,
    `t27`.`period`,
    `t27`.`work_id`,
    963761198400 AS `num`
  FROM (
    SELECT
      `t26`.`unit_id`,
      `t26`.`period`,
      `t26`.`key`,
      MIN(`t26`.`work_id`) AS `work_id`
    FROM (
      SELECT
        `t22`.`unit_id`,
        `t22`.`period`,
        `t22`.`work_id`,
        `t25`.`key`
      FROM (
        SELECT
          *
        FROM (
          SELECT DISTINCT
            `t17`.`country_code` AS `unit_id`,
            `t17`.`period`,
            `t17`.`work_id`
          FROM (
            SELECT
              `t15`.`work_id`,
              `t15`.`author_seq`,
              `t15`.`institution_id`,
              `t15`.`country_code`,
              `t15`.`n_author_institutions`,
              `t15`.`is_corresponding`,
              `t15`.`share_of`,
              `t12`.`period`,
              `t12`.`n_authors`,
              `t12`.`n_corresponding`
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
            ) AS `t15`
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
            ) AS `t12`
              ON `t15`.`work_id` = `t12`.`work_id`
          ) AS `t17`
          WHERE
            NOT `t17`.`country_code` IS NULL
        ) AS `t20`
      ) AS `t22`
      INNER JOIN (
        SELECT
          `t23`.`work_id`,
          `t23`.`policy_id` AS `key`
        FROM (
          SELECT
            `t19`.`work_id`,
            `t19`.`policy_id`,
            `t19`.`organisation`,
            `t19`.`organisation_type`,
            `t19`.`country_code`,
            `t19`.`policy_year`,
            `t19`.`lag`
          FROM (
            SELECT DISTINCT
              *
            FROM (
              SELECT
                `t9`.`work_id`,
                `t7`.`policy_id`,
                `t8`.`organisation`,
                `t8`.`organisation_type`,
                `t8`.`country_code`,
                `t8`.`policy_year`,
                IF(
                  (
                    NOT `t8`.`policy_year` IS NULL
                  ) AND (
                    NOT `t9`.`year` IS NULL
                  ),
                  GREATEST(CAST(`t8`.`policy_year` AS INT64) - CAST(`t9`.`year` AS INT64), 0),
                  CAST(NULL AS INT64)
                ) AS `lag`
              FROM (
                SELECT
                  `t2`.`policy_id`,
                  `t2`.`doi`
                FROM `project`.`armillary`.`policy_citation` AS t2
              ) AS `t7`
              INNER JOIN (
                SELECT
                  `t1`.`work_id`,
                  `t1`.`doi`,
                  `t1`.`year`
                FROM `project`.`armillary`.`work` AS t1
                WHERE
                  NOT `t1`.`doi` IS NULL
              ) AS `t9`
                ON `t7`.`doi` = `t9`.`doi`
              INNER JOIN (
                SELECT
                  `t3`.`policy_id`,
                  `t3`.`organisation`,
                  `t3`.`organisation_type`,
                  `t3`.`country_code`,
                  `t3`.`year` AS `policy_year`
                FROM `project`.`armillary`.`policy_document` AS t3
              ) AS `t8`
                ON `t7`.`policy_id` = `t8`.`policy_id`
            ) AS `t16`
          ) AS `t19`
          WHERE
            EXISTS(
              SELECT
                1
              FROM (
                SELECT
                  `t1`.`work_id`,
                  `t1`.`year`
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
                  AND NOT `t1`.`doi` IS NULL
              ) AS `t13`
              WHERE
                `t19`.`work_id` = `t13`.`work_id`
            )
        ) AS `t23`
        WHERE
          NOT `t23`.`policy_id` IS NULL
      ) AS `t25`
        ON `t22`.`work_id` = `t25`.`work_id`
    ) AS `t26`
    GROUP BY
      1,
      2,
      3
  ) AS `t27`
) AS `t28`
GROUP BY
  1,
  2
