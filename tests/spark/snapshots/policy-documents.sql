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
        `t25`.`unit_id`,
        `t25`.`period`,
        `t25`.`work_id`,
        `t24`.`key`
      FROM (
        SELECT
          *
        FROM (
          SELECT DISTINCT
            `t19`.`country_code` AS `unit_id`,
            `t19`.`period`,
            `t19`.`work_id`
          FROM (
            SELECT
              `t11`.`work_id`,
              `t11`.`author_seq`,
              `t11`.`institution_id`,
              `t11`.`country_code`,
              `t11`.`n_author_institutions`,
              `t11`.`is_corresponding`,
              `t11`.`share_of`,
              `t15`.`period`,
              `t15`.`n_authors`,
              `t15`.`n_corresponding`
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
            ) AS `t11`
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
            ) AS `t15`
              ON `t11`.`work_id` = `t15`.`work_id`
          ) AS `t19`
          WHERE
            NOT `t19`.`country_code` IS NULL
        ) AS `t21`
      ) AS `t25`
      INNER JOIN (
        SELECT
          `t20`.`work_id`,
          `t20`.`policy_id` AS `key`
        FROM (
          SELECT
            `t18`.`work_id`,
            `t18`.`policy_id`,
            `t18`.`organisation`,
            `t18`.`organisation_type`,
            `t18`.`country_code`,
            `t18`.`policy_year`,
            `t18`.`lag`
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
            ) AS `t12`
          ) AS `t18`
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
                  AND NOT `t1`.`doi` IS NULL
              ) AS `t16`
              WHERE
                `t18`.`work_id` = `t16`.`work_id`
            )
        ) AS `t20`
        WHERE
          NOT `t20`.`policy_id` IS NULL
      ) AS `t24`
        ON `t25`.`work_id` = `t24`.`work_id`
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
