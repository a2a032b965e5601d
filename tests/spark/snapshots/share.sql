SELECT
  `t9`.`unit_id`,
  `t9`.`period`,
  COUNT(DISTINCT `t9`.`work_id`) AS `count`,
  CAST(SUM(CAST(`t9`.`num` AS BIGNUMERIC)) AS STRING) AS `num`
FROM (
  SELECT
    `t8`.`unit_id`,
    `t8`.`period`,
    `t8`.`work_id`,
    `t8`.`credit` AS `num`
  FROM (
    SELECT
      `t7`.`unit_id`,
      `t7`.`period`,
      `t7`.`work_id`,
      CAST(TRUNC(
        SUM(
          CAST(CAST(FLOOR(
            ieee_divide(963761198400.0, CAST(CAST(`t7`.`n_authors` AS INT64) * `t7`.`share_of` AS FLOAT64)) + 0.5
          ) AS INT64) AS FLOAT64)
        )
      ) AS INT64) AS `credit`
    FROM (
      SELECT
        `t6`.`work_id`,
        `t6`.`author_seq`,
        `t6`.`institution_id`,
        `t6`.`country_code`,
        `t6`.`n_author_institutions`,
        `t6`.`is_corresponding`,
        `t6`.`share_of`,
        `t6`.`period`,
        `t6`.`n_authors`,
        `t6`.`n_corresponding`,
        `t6`.`country_code` AS `unit_id`
      FROM (
        SELECT
          `t5`.`work_id`,
          `t5`.`author_seq`,
          `t5`.`institution_id`,
          `t5`.`country_code`,
          `t5`.`n_author_institutions`,
          `t5`.`is_corresponding`,
          `t5`.`share_of`,
          `t3`.`period`,
          `t3`.`n_authors`,
          `t3`.`n_corresponding`
        FROM (
          SELECT
            `t0`.`work_id`,
            `t0`.`author_seq`,
            `t0`.`institution_id`,
            `t0`.`country_code`,
            `t0`.`n_author_institutions`,
            `t0`.`is_corresponding`,
            IF(
              `t0`.`n_author_institutions` > 0,
              CAST(GREATEST(`t0`.`n_author_institutions`, 1) AS INT64),
              CAST(GREATEST(`t0`.`n_addresses`, 1) AS INT64) * CAST(GREATEST(`t0`.`n_in_address`, 1) AS INT64)
            ) AS `share_of`
          FROM `project`.`armillary`.`affiliation` AS t0
          WHERE
            (
              (
                NOT `t0`.`institution_id` IS NULL
              ) AND NOT (
                `t0`.`is_repeat`
              )
            )
            OR (
              `t0`.`n_author_institutions` = 0
            )
        ) AS `t5`
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
        ) AS `t3`
          ON `t5`.`work_id` = `t3`.`work_id`
      ) AS `t6`
      WHERE
        NOT `t6`.`country_code` IS NULL
    ) AS `t7`
    GROUP BY
      1,
      2,
      3
  ) AS `t8`
  WHERE
    `t8`.`credit` > 0
) AS `t9`
GROUP BY
  1,
  2
