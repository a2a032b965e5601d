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
), `t20` AS (
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
), `t25` AS (
  SELECT
    `t23`.`work_id`,
    `t23`.`doi`,
    `t23`.`title`,
    `t23`.`year`,
    `t23`.`date`,
    `t23`.`type`,
    `t23`.`type_raw`,
    `t23`.`raw_type`,
    `t23`.`language`,
    `t23`.`source_id`,
    `t23`.`topic_id`,
    `t23`.`subfield_id`,
    `t23`.`field_id`,
    `t23`.`domain_id`,
    `t23`.`is_retracted`,
    `t23`.`is_paratext`,
    `t23`.`is_xpac`,
    `t23`.`n_authors`,
    `t23`.`n_corresponding`,
    `t23`.`is_authors_truncated`,
    `t23`.`n_references`,
    `t23`.`cited_by_n`,
    `t23`.`oa_status`,
    `t23`.`has_abstract`,
    `t23`.`is_sdg_classified`,
    `t23`.`fwci_given`,
    `t23`.`percentile_given`,
    `t23`.`is_top1_given`,
    `t23`.`is_top10_given`,
    `t23`.`updated_date`,
    0 AS `period`
  FROM `t20` AS `t23`
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
      `t29`.`period`,
      CAST(COALESCE(`t42`.`citations`, 0) AS INT64) AS `citations`
    FROM `t25` AS `t29`
    LEFT OUTER JOIN (
      SELECT
        `t40`.`cited_id` AS `work_id`,
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
            FROM `t25` AS `t30`
            WHERE
              `t5`.`citing_id` = `t30`.`work_id`
          )
          AND NOT EXISTS(
            SELECT
              1
            FROM (
              SELECT DISTINCT
                *
              FROM (
                SELECT
                  `t33`.`citing_id`,
                  `t33`.`cited_id`
                FROM (
                  SELECT
                    `t28`.`citing_id`,
                    `t28`.`cited_id`
                  FROM (
                    SELECT
                      `t7`.`citing_id`,
                      `t7`.`cited_id`,
                      `t21`.`bits_61`,
                      `t21`.`bits_59`,
                      `t22`.`bits_61` AS `bits_61_cited`,
                      `t22`.`bits_59` AS `bits_59_cited`
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
                    ) AS `t21`
                      ON `t7`.`citing_id` = `t21`.`citing_id`
                    INNER JOIN (
                      SELECT
                        `t17`.`work_id` AS `cited_id`,
                        `t17`.`bits_61`,
                        `t17`.`bits_59`
                      FROM `t16` AS `t17`
                    ) AS `t22`
                      ON `t7`.`cited_id` = `t22`.`cited_id`
                  ) AS `t28`
                  WHERE
                    (
                      `t28`.`bits_61` & `t28`.`bits_61_cited`
                    ) <> 0
                    AND (
                      `t28`.`bits_59` & `t28`.`bits_59_cited`
                    ) <> 0
                ) AS `t33`
                INNER JOIN (
                  SELECT
                    `t4`.`work_id` AS `cited_id`,
                    `t4`.`author_id`
                  FROM `project`.`armillary`.`authorship` AS t4
                  WHERE
                    NOT `t4`.`author_id` IS NULL
                ) AS `t12`
                  ON `t33`.`cited_id` = `t12`.`cited_id`
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
                      `t33`.`citing_id` = `t13`.`citing_id` AND `t12`.`author_id` = `t13`.`author_id`
                  )
              ) AS `t36`
            ) AS `t39`
            WHERE
              `t5`.`citing_id` = `t39`.`citing_id` AND `t5`.`cited_id` = `t39`.`cited_id`
          )
      ) AS `t40`
      GROUP BY
        1
    ) AS `t42`
      ON `t29`.`work_id` = `t42`.`work_id`
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
      `t37`.`unit_id`,
      `t37`.`period`,
      `t37`.`work_id`,
      `t37`.`credit`,
      `t57`.`score`,
      `t57`.`is_scored`
    FROM (
      SELECT
        `t34`.`unit_id`,
        `t34`.`period`,
        `t34`.`work_id`,
        963761198400 AS `credit`
      FROM (
        SELECT DISTINCT
          `t31`.`country_code` AS `unit_id`,
          `t31`.`period`,
          `t31`.`work_id`
        FROM (
          SELECT
            `t15`.`work_id`,
            `t15`.`author_seq`,
            `t15`.`institution_id`,
            `t15`.`country_code`,
            `t15`.`n_author_institutions`,
            `t15`.`is_corresponding`,
            `t15`.`share_of`,
            `t26`.`period`,
            `t26`.`n_authors`,
            `t26`.`n_corresponding`
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
              `t23`.`work_id`,
              0 AS `period`,
              `t23`.`n_authors`,
              `t23`.`n_corresponding`
            FROM `t20` AS `t23`
          ) AS `t26`
            ON `t15`.`work_id` = `t26`.`work_id`
        ) AS `t31`
        WHERE
          NOT `t31`.`country_code` IS NULL
      ) AS `t34`
    ) AS `t37`
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
      ON `t37`.`work_id` = `t57`.`work_id`
  ) AS `t58`
  WHERE
    NOT `t58`.`score` IS NULL
) AS `t59`
GROUP BY
  1,
  2
