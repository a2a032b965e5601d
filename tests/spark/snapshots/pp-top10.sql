WITH `t16` AS (
  SELECT
    `t11`.`work_id`,
    BIT_OR(1 << (
      MOD(`t11`.`author_id`, 61)
    )) AS `bits_61`,
    BIT_OR(1 << (
      MOD(`t11`.`author_id`, 59)
    )) AS `bits_59`
  FROM (
    SELECT
      `t4`.`work_id`,
      `t4`.`author_id`
    FROM `project`.`armillary`.`authorship` AS t4
    WHERE
      NOT `t4`.`author_id` IS NULL
  ) AS `t11`
  GROUP BY
    1
), `t28` AS (
  SELECT
    *
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
      OR (
        STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'author correction'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'publisher correction'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'editorial correction'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'correction to:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'correction to “'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'correction to "'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'correction to ‘'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'correction:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'corrections to:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'corrections:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'corrigendum'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'corrigenda'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'erratum'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'errata:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'errata to'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'addendum:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'addendum to'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'retraction:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'retraction note'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'retraction notice'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'retraction to:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'retracted:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'retracted article'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'notice of retraction'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'statement of retraction'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'withdrawn:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'withdrawal:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'removed:'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'expression of concern'
        )
        OR STARTS_WITH(
          TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
          'editorial expression of concern'
        )
      )
      OR REGEXP_CONTAINS(
        TRIM(REGEXP_REPLACE(LOWER(COALESCE(`t1`.`title`, '')), '<[^<>]*>', ''), ' \t\n\r\v\f'),
        '^(correction|corrections|errata|addendum|addenda|retraction|withdrawal|table of contents|contents|content|contents list|graphical contents|graphical contents list|graphical abstracts|in this issue|issue information|issue highlights|cover|cover image|cover picture|front cover|back cover|inside cover|inside front cover|inside back cover|outside front cover|outside back cover|cover page|title page|half title|copyright page|copyright|front matter|frontmatter|back matter|backmatter|prelims|end matter|masthead|imprint|colophon|dedication|editorial board|editorial advisory board|editorial board and publication information|publication information|ed board|index|author index|subject index|keyword index|title index|name index|index of authors|index of contributors|index of subjects|index of names|contributors|list of contributors|notes on contributors|about the authors|list of reviewers|reviewers|acknowledgement of reviewers|acknowledgment of reviewers|acknowledgement to reviewers|acknowledgment to reviewers|list of figures|list of tables|list of abbreviations|abstracts|book of abstracts|poster presentations|oral presentations|announcement|announcements|calendar|calendar of events|call for papers|forthcoming papers|forthcoming articles|instructions for authors|instructions to authors|information for authors|guide for authors|notes for authors|advertisement|advertisements|blank page)([\\s,.:;()–—-]*((of|for|to|from)?[\\s(]*(volumes?|vol|nos?|number|issue|part)\\b.*|[\\d\\s,.:;()/–—-]*|[ivxlc]+\\.?))$'
      )
    )
    AND NOT (
      COALESCE(`t1`.`is_xpac`, FALSE)
    )
    AND NOT (
      `t1`.`is_authors_truncated`
    )
    AND COALESCE(
      `t1`.`type` IN ('article', 'review', 'conference-paper', 'data-paper', 'software-paper'),
      FALSE
    )
    AND (
      NOT (
        COALESCE(
          (
            `t1`.`type` = 'conference-paper'
          )
          OR (
            (
              `t1`.`type` = 'article'
            )
            AND COALESCE(
              `t1`.`source_id` IN (
                SELECT
                  `t3`.`source_id`
                FROM `project`.`armillary`.`source` AS t3
                WHERE
                  `t3`.`source_type` = 'conference'
              ),
              FALSE
            )
          ),
          FALSE
        )
      )
      OR COALESCE(`t1`.`field_id` IN (17, 2207, 2208), FALSE)
      OR COALESCE(`t1`.`subfield_id` IN (17, 2207, 2208), FALSE)
    )
), `t31` AS (
  SELECT
    `t29`.`work_id`,
    `t29`.`doi`,
    `t29`.`title`,
    `t29`.`year`,
    `t29`.`date`,
    `t29`.`type`,
    `t29`.`type_raw`,
    `t29`.`raw_type`,
    `t29`.`language`,
    `t29`.`source_id`,
    `t29`.`topic_id`,
    `t29`.`subfield_id`,
    `t29`.`field_id`,
    `t29`.`domain_id`,
    `t29`.`is_retracted`,
    `t29`.`is_paratext`,
    `t29`.`is_xpac`,
    `t29`.`n_authors`,
    `t29`.`n_corresponding`,
    `t29`.`is_authors_truncated`,
    `t29`.`n_references`,
    `t29`.`cited_by_n`,
    `t29`.`oa_status`,
    `t29`.`has_abstract`,
    `t29`.`is_sdg_classified`,
    `t29`.`fwci_given`,
    `t29`.`percentile_given`,
    `t29`.`is_top1_given`,
    `t29`.`is_top10_given`,
    `t29`.`updated_date`,
    0 AS `period`
  FROM `t28` AS `t29`
  WHERE
    TRUE
), `t44` AS (
  SELECT
    `t43`.`work_id`,
    COALESCE(`t43`.`year`, CAST(-1 AS INT64)) AS `year`,
    `t43`.`citations`,
    COALESCE(CAST(`t43`.`subfield_id` AS INT64), CAST(-1 AS INT64)) AS `cls`,
    COALESCE(`t43`.`type`, '') AS `type`
  FROM (
    SELECT
      `t34`.`work_id`,
      `t34`.`doi`,
      `t34`.`title`,
      `t34`.`year`,
      `t34`.`date`,
      `t34`.`type`,
      `t34`.`type_raw`,
      `t34`.`raw_type`,
      `t34`.`language`,
      `t34`.`source_id`,
      `t34`.`topic_id`,
      `t34`.`subfield_id`,
      `t34`.`field_id`,
      `t34`.`domain_id`,
      `t34`.`is_retracted`,
      `t34`.`is_paratext`,
      `t34`.`is_xpac`,
      `t34`.`n_authors`,
      `t34`.`n_corresponding`,
      `t34`.`is_authors_truncated`,
      `t34`.`n_references`,
      `t34`.`cited_by_n`,
      `t34`.`oa_status`,
      `t34`.`has_abstract`,
      `t34`.`is_sdg_classified`,
      `t34`.`fwci_given`,
      `t34`.`percentile_given`,
      `t34`.`is_top1_given`,
      `t34`.`is_top10_given`,
      `t34`.`updated_date`,
      `t34`.`period`,
      CAST(COALESCE(`t40`.`citations`, 0) AS INT64) AS `citations`
    FROM `t31` AS `t34`
    LEFT OUTER JOIN (
      SELECT
        `t37`.`cited_id` AS `work_id`,
        COUNT(*) AS `citations`
      FROM (
        SELECT
          `t5`.`citing_id`,
          `t5`.`cited_id`,
          `t5`.`citing_year`
        FROM `project`.`armillary`.`citation` AS t5
        WHERE
          EXISTS(
            SELECT
              1
            FROM `t31` AS `t35`
            WHERE
              `t5`.`citing_id` = `t35`.`work_id`
          )
          AND NOT EXISTS(
            SELECT
              1
            FROM (
              SELECT DISTINCT
                *
              FROM (
                SELECT
                  `t24`.`citing_id`,
                  `t24`.`cited_id`
                FROM (
                  SELECT
                    `t22`.`citing_id`,
                    `t22`.`cited_id`
                  FROM (
                    SELECT
                      `t7`.`citing_id`,
                      `t7`.`cited_id`,
                      `t20`.`bits_61`,
                      `t20`.`bits_59`,
                      `t21`.`bits_61` AS `bits_61_cited`,
                      `t21`.`bits_59` AS `bits_59_cited`
                    FROM (
                      SELECT
                        `t2`.`citing_id`,
                        `t2`.`cited_id`
                      FROM `project`.`armillary`.`citation` AS t2
                    ) AS `t7`
                    INNER JOIN (
                      SELECT
                        `t17`.`work_id` AS `citing_id`,
                        `t17`.`bits_61`,
                        `t17`.`bits_59`
                      FROM `t16` AS `t17`
                    ) AS `t20`
                      ON `t7`.`citing_id` = `t20`.`citing_id`
                    INNER JOIN (
                      SELECT
                        `t17`.`work_id` AS `cited_id`,
                        `t17`.`bits_61`,
                        `t17`.`bits_59`
                      FROM `t16` AS `t17`
                    ) AS `t21`
                      ON `t7`.`cited_id` = `t21`.`cited_id`
                  ) AS `t22`
                  WHERE
                    (
                      `t22`.`bits_61` & `t22`.`bits_61_cited`
                    ) <> 0
                    AND (
                      `t22`.`bits_59` & `t22`.`bits_59_cited`
                    ) <> 0
                ) AS `t24`
                INNER JOIN (
                  SELECT
                    `t4`.`work_id` AS `cited_id`,
                    `t4`.`author_id`
                  FROM `project`.`armillary`.`authorship` AS t4
                  WHERE
                    NOT `t4`.`author_id` IS NULL
                ) AS `t12`
                  ON `t24`.`cited_id` = `t12`.`cited_id`
                WHERE
                  EXISTS(
                    SELECT
                      1
                    FROM (
                      SELECT
                        `t4`.`work_id` AS `citing_id`,
                        `t4`.`author_id`
                      FROM `project`.`armillary`.`authorship` AS t4
                      WHERE
                        NOT `t4`.`author_id` IS NULL
                    ) AS `t13`
                    WHERE
                      `t24`.`citing_id` = `t13`.`citing_id` AND `t12`.`author_id` = `t13`.`author_id`
                  )
              ) AS `t25`
            ) AS `t27`
            WHERE
              `t5`.`citing_id` = `t27`.`citing_id` AND `t5`.`cited_id` = `t27`.`cited_id`
          )
      ) AS `t37`
      GROUP BY
        1
    ) AS `t40`
      ON `t34`.`work_id` = `t40`.`work_id`
  ) AS `t43`
), `t49` AS (
  SELECT
    `t48`.`cls`,
    `t48`.`year`,
    `t48`.`type`,
    `t48`.`citations`,
    `t48`.`n`,
    `t48`.`cell_n`,
    `t48`.`cell_c`,
    `t48`.`n_above`,
    `t48`.`place`,
    (
      `t48`.`year` <> -1
    ) AND (
      `t48`.`type` <> ''
    ) AND (
      `t48`.`cls` <> -1
    ) AS `has_cell`
  FROM (
    SELECT
      `t47`.`cls`,
      `t47`.`year`,
      `t47`.`type`,
      `t47`.`citations`,
      `t47`.`n`,
      SUM(`t47`.`n`) OVER (
        PARTITION BY `t47`.`cls`, `t47`.`year`, `t47`.`type`
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS `cell_n`,
      SUM(`t47`.`n` * CAST(`t47`.`citations` AS INT64)) OVER (
        PARTITION BY `t47`.`cls`, `t47`.`year`, `t47`.`type`
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS `cell_c`,
      SUM(`t47`.`n`) OVER (
        PARTITION BY `t47`.`cls`, `t47`.`year`, `t47`.`type`
        ORDER BY `t47`.`citations` DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) - `t47`.`n` AS `n_above`,
      CAST(ROW_NUMBER() OVER (
        ORDER BY `t47`.`cls` ASC, `t47`.`year` ASC, `t47`.`type` ASC, `t47`.`citations` ASC
      ) - 1 AS INT64) AS `place`
    FROM (
      SELECT
        `t45`.`cls`,
        `t45`.`year`,
        `t45`.`type`,
        `t45`.`citations`,
        COUNT(*) AS `n`
      FROM `t44` AS `t45`
      GROUP BY
        1,
        2,
        3,
        4
    ) AS `t47`
  ) AS `t48`
)
SELECT
  `t59`.`unit_id`,
  `t59`.`period`,
  COUNT(DISTINCT `t59`.`work_id`) AS `count`,
  CAST(SUM(CAST(`t59`.`num` AS BIGNUMERIC)) AS STRING) AS `num`,
  CAST(SUM(CAST(`t59`.`den` AS BIGNUMERIC)) AS STRING) AS `den`
FROM (
  SELECT
    `t58`.`unit_id`,
    `t58`.`period`,
    `t58`.`work_id`,
    CAST(FLOOR((
      CAST(`t58`.`credit` AS FLOAT64) * `t58`.`score`
    ) + 0.5) AS INT64) AS `num`,
    `t58`.`credit` AS `den`
  FROM (
    SELECT
      `t42`.`unit_id`,
      `t42`.`period`,
      `t42`.`work_id`,
      `t42`.`credit`,
      `t57`.`score`,
      `t57`.`is_scored`
    FROM (
      SELECT
        `t38`.`unit_id`,
        `t38`.`period`,
        `t38`.`work_id`,
        963761198400 AS `credit`
      FROM (
        SELECT DISTINCT
          `t36`.`country_code` AS `unit_id`,
          `t36`.`period`,
          `t36`.`work_id`
        FROM (
          SELECT
            `t15`.`work_id`,
            `t15`.`author_seq`,
            `t15`.`institution_id`,
            `t15`.`country_code`,
            `t15`.`n_author_institutions`,
            `t15`.`is_corresponding`,
            `t15`.`share_of`,
            `t32`.`period`,
            `t32`.`n_authors`,
            `t32`.`n_corresponding`
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
              `t29`.`work_id`,
              0 AS `period`,
              `t29`.`n_authors`,
              `t29`.`n_corresponding`
            FROM `t28` AS `t29`
          ) AS `t32`
            ON `t15`.`work_id` = `t32`.`work_id`
        ) AS `t36`
        WHERE
          NOT `t36`.`country_code` IS NULL
      ) AS `t38`
    ) AS `t42`
    INNER JOIN (
      SELECT
        `t55`.`work_id`,
        `t55`.`top10` AS `score`,
        `t55`.`has_cell` AS `is_scored`
      FROM (
        SELECT
          `t46`.`work_id`,
          `t54`.`citations`,
          `t54`.`has_cell`,
          `t54`.`ncs`,
          `t54`.`top1`,
          `t54`.`top2`,
          `t54`.`top5`,
          `t54`.`top10`,
          `t54`.`top20`,
          `t54`.`top50`,
          `t54`.`cell_n`
        FROM `t44` AS `t46`
        INNER JOIN (
          SELECT
            `t50`.`cls`,
            `t50`.`year`,
            `t50`.`type`,
            `t50`.`place`,
            `t50`.`citations`,
            `t50`.`has_cell`,
            IF(
              `t50`.`has_cell`,
              IF(
                `t50`.`cell_c` = 0,
                1.0,
                ieee_divide(
                  CAST(`t50`.`citations` AS FLOAT64) * CAST(`t50`.`cell_n` AS FLOAT64),
                  CAST(NULLIF(`t50`.`cell_c`, 0) AS FLOAT64)
                )
              ),
              CAST(NULL AS FLOAT64)
            ) AS `ncs`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 1
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top1`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 2
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top2`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 5
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top5`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 10
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top10`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 20
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top20`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 50
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top50`,
            IF(`t50`.`has_cell`, `t50`.`cell_n`, CAST(NULL AS INT64)) AS `cell_n`
          FROM `t49` AS `t50`
        ) AS `t53`
          ON `t46`.`cls` = `t53`.`cls`
          AND `t46`.`year` = `t53`.`year`
          AND `t46`.`type` = `t53`.`type`
          AND `t46`.`citations` = `t53`.`citations`
        INNER JOIN (
          SELECT
            `t50`.`place`,
            `t50`.`citations`,
            `t50`.`has_cell`,
            IF(
              `t50`.`has_cell`,
              IF(
                `t50`.`cell_c` = 0,
                1.0,
                ieee_divide(
                  CAST(`t50`.`citations` AS FLOAT64) * CAST(`t50`.`cell_n` AS FLOAT64),
                  CAST(NULLIF(`t50`.`cell_c`, 0) AS FLOAT64)
                )
              ),
              CAST(NULL AS FLOAT64)
            ) AS `ncs`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 1
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top1`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 2
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top2`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 5
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top5`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 10
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top10`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 20
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top20`,
            IF(
              `t50`.`has_cell`,
              ieee_divide(
                CAST(GREATEST(LEAST((
                  `t50`.`cell_n` * 50
                ) - (
                  `t50`.`n_above` * 100
                ), `t50`.`n` * 100), 0) AS FLOAT64),
                CAST(NULLIF(`t50`.`n` * 100, 0) AS FLOAT64)
              ),
              CAST(NULL AS FLOAT64)
            ) AS `top50`,
            IF(`t50`.`has_cell`, `t50`.`cell_n`, CAST(NULL AS INT64)) AS `cell_n`
          FROM `t49` AS `t50`
        ) AS `t54`
          ON `t53`.`place` = `t54`.`place`
      ) AS `t55`
    ) AS `t57`
      ON `t42`.`work_id` = `t57`.`work_id`
  ) AS `t58`
  WHERE
    NOT `t58`.`score` IS NULL
) AS `t59`
GROUP BY
  1,
  2
