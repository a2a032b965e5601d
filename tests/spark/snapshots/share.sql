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
            ieee_divide(
              963761198400.0,
              NULLIF(CAST(CAST(`t7`.`n_sharing` AS INT64) * `t7`.`share_of` AS FLOAT64), 0.0)
            ) + 0.5
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
        `t6`.`country_code` AS `unit_id`,
        `t6`.`n_authors` AS `n_sharing`
      FROM (
        SELECT
          `t3`.`work_id`,
          `t3`.`author_seq`,
          `t3`.`institution_id`,
          `t3`.`country_code`,
          `t3`.`n_author_institutions`,
          `t3`.`is_corresponding`,
          `t3`.`share_of`,
          `t5`.`period`,
          `t5`.`n_authors`,
          `t5`.`n_corresponding`
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
        ) AS `t3`
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
              COALESCE(`t1`.`type` IN ('erratum', 'retraction', 'paratext'), FALSE)
              OR REGEXP_CONTAINS(
                TRIM(
                  IF(
                    INSTR(LOWER(COALESCE(`t1`.`title`, '')), '<') > 0,
                    REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''),
                    LOWER(COALESCE(`t1`.`title`, ''))
                  ),
                  ' \t\n\r\v\f'
                ),
                '^(author correction|publisher correction|editorial correction|correction to:|correction to “|correction to "|correction to ‘|correction:|corrections to:|corrections:|corrigendum|corrigenda|erratum|errata:|errata to|addendum:|addendum to|retraction:|retraction note|retraction notice|retraction to:|retracted:|retracted article|notice of retraction|statement of retraction|withdrawn:|withdrawal:|removed:|expression of concern|editorial expression of concern|(correction|corrections|errata|addendum|addenda|retraction|withdrawal|table of contents|contents|content|contents list|graphical contents|graphical contents list|graphical abstracts|in this issue|issue information|issue highlights|cover|cover image|cover picture|front cover|back cover|inside cover|inside front cover|inside back cover|outside front cover|outside back cover|cover page|title page|half title|copyright page|copyright|front matter|frontmatter|back matter|backmatter|prelims|end matter|masthead|imprint|colophon|dedication|editorial board|editorial advisory board|editorial board and publication information|publication information|ed board|index|author index|subject index|keyword index|title index|name index|index of authors|index of contributors|index of subjects|index of names|contributors|list of contributors|notes on contributors|about the authors|list of reviewers|reviewers|acknowledgement of reviewers|acknowledgment of reviewers|acknowledgement to reviewers|acknowledgment to reviewers|list of figures|list of tables|list of abbreviations|abstracts|book of abstracts|poster presentations|oral presentations|announcement|announcements|calendar|calendar of events|call for papers|forthcoming papers|forthcoming articles|instructions for authors|instructions to authors|information for authors|guide for authors|notes for authors|advertisement|advertisements|blank page)([\\s,.:;()–—-]*((of|for|to|from)?[\\s(]*(volumes?|vol|nos?|number|issue|part)\\b.*|[\\d\\s,.:;()/–—-]*|[ivxlc]+\\.?))$)'
              )
            )
            AND NOT (
              COALESCE(`t1`.`is_xpac`, FALSE)
            )
            AND NOT (
              `t1`.`is_authors_truncated`
            )
        ) AS `t5`
          ON `t3`.`work_id` = `t5`.`work_id`
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
