"""The questions that people ask of a store, as Athena's SQL. Plain text; tests run each on a real run.

What counts is what a manifest names: data that no manifest names is left over from a run that was killed, and a
revision that a later one replaced no longer counts. So all of them join on "$path", which is where a row came from. The
dates are what keeps them cheap: without one, everything that was ever written is scanned.
"""

from __future__ import annotations

LATEST = """\
WITH latest AS (  -- what the pointers lead to, if it is not older than this
  SELECT m.inventory, m."date", m.hour, m.verdict, m.coverage, m.objects, p.run
  FROM pointers p
  JOIN manifests m ON regexp_extract(m."$path", 'manifests/.*') = p.manifest
  WHERE m."date" >= date_format(current_date - INTERVAL '1' DAY, '%Y-%m-%d')
), named AS (
  SELECT latest.inventory, latest."date", latest.hour, json_extract_scalar(entry, '$.key') AS key
  FROM latest
  CROSS JOIN UNNEST(CAST(json_parse(latest.objects) AS ARRAY(JSON))) AS t(entry)
)"""

LATEST_RESOURCES = """\
  FROM named
  JOIN resources r
    ON r.inventory = named.inventory AND r."date" = named."date" AND r.hour = named.hour
    AND regexp_extract(r."$path", 'snapshots/.*') = named.key
  WHERE r."date" >= date_format(current_date - INTERVAL '1' DAY, '%Y-%m-%d')"""

RUNS = """\
WITH revisions AS (
  SELECT
    m.inventory, m."date", m.hour, m.verdict, m.coverage, m.counts, m.objects,
    json_extract_scalar(m.run, '$.id') AS run,
    row_number() OVER (
      PARTITION BY m.inventory, json_extract_scalar(m.run, '$.id')
      ORDER BY CAST(json_extract_scalar(m.run, '$.revision') AS INTEGER) DESC
    ) AS place
  FROM manifests m
  WHERE {when}
    AND m.verdict <> 'failed'
    AND json_extract_scalar(m.scope, '$.narrowed') = 'false'
), runs AS (
  SELECT * FROM revisions WHERE place = 1  -- the newest revision of each
)"""

RUNS_OF_A_DAY = RUNS.format(when="m.\"date\" = date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')")
RUNS_OF_SEVEN_DAYS = RUNS.format(when="m.\"date\" >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')")
RUNS_OF_NINETY_DAYS = RUNS.format(when="m.\"date\" >= date_format(current_date - INTERVAL '90' DAY, '%Y-%m-%d')")

SAVED: dict[str, tuple[str, str]] = {
    "resources-by-type-and-region": (
        "How many resources of which type are where, in the latest run of each inventory",
        f"""{LATEST}
SELECT r.inventory, r.type, r.account, r.region, count(*) AS resources
{LATEST_RESOURCES}
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4""",
    ),
    "coverage-and-what-was-not-seen": (
        "How much of each inventory the latest run saw, what it did not see, and why; where it saw everything, one "
        "row without a type; where the run is older than the query looks back, one without its coverage",
        f"""{LATEST}, unseen AS (
  SELECT u.inventory, u.account, u.region, u.type, u.state, u.reason, u.accepted
  FROM named
  JOIN units u
    ON u.inventory = named.inventory AND u."date" = named."date" AND u.hour = named.hour
    AND regexp_extract(u."$path", 'units/.*') = named.key
  WHERE u."date" >= date_format(current_date - INTERVAL '1' DAY, '%Y-%m-%d')
    AND u.state NOT IN ('collected', 'unavailable')
)
SELECT
  regexp_extract(p."$path", 'latest/(.*)[.]json', 1) AS inventory, p.run, p.verdict,
  100 * latest.coverage AS coverage_percent,
  unseen.account, unseen.region, unseen.type, unseen.state,
  json_extract_scalar(unseen.reason, '$.code') AS reason,
  json_extract_scalar(unseen.reason, '$.message') AS message,
  json_extract_scalar(unseen.accepted, '$.by') AS accepted_by
FROM pointers p
LEFT JOIN latest ON latest.run = p.run AND latest.inventory = regexp_extract(p."$path", 'latest/(.*)[.]json', 1)
LEFT JOIN unseen ON unseen.inventory = latest.inventory
ORDER BY 1, 5, 6, 7""",
    ),
    "find-by-id-arn-or-name": (
        "Where something is: put its id, its ARN or its name, or a part of one, between the percent signs",
        f"""{LATEST}
SELECT r.inventory, r.account, r.region, r.type, r.id, r.name, r.arn, r.created, r.tags, r.data
{LATEST_RESOURCES}
    AND (r.id LIKE '%web-1%' OR r.arn LIKE '%web-1%' OR r.name LIKE '%web-1%')
  ORDER BY 1, 2, 3, 4, 5""",
    ),
    "untagged": (
        "What has no tags at all; what may have some that could not be read is not among it",
        f"""{LATEST}
SELECT r.inventory, r.account, r.region, r.type, r.id, r.name, r.created
{LATEST_RESOURCES}
    AND json_format(json_parse(r.tags)) = '{{}}'
  ORDER BY 1, 2, 3, 4, 5""",
    ),
    "what-there-was-a-week-ago": (
        "What there was at the end of a day: seven days ago, or say another number, or a day such as DATE '2026-11-17'",
        f"""{RUNS_OF_A_DAY}, last_of_the_day AS (
  SELECT inventory, max(run) AS run FROM runs GROUP BY inventory
), named AS (
  SELECT runs.inventory, runs."date", runs.hour, runs.run, json_extract_scalar(entry, '$.key') AS key
  FROM runs
  JOIN last_of_the_day ON last_of_the_day.inventory = runs.inventory AND last_of_the_day.run = runs.run
  CROSS JOIN UNNEST(CAST(json_parse(runs.objects) AS ARRAY(JSON))) AS t(entry)
)
SELECT r.inventory, named.run, r.account, r.region, r.type, r.id, r.name, r.arn, r.created, r.tags, r.data
FROM named
JOIN resources r
  ON r.inventory = named.inventory AND r."date" = named."date" AND r.hour = named.hour
  AND regexp_extract(r."$path", 'snapshots/.*') = named.key
WHERE r."date" = date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
ORDER BY 1, 3, 4, 5, 6""",
    ),
    "changes-of-seven-days": (
        "What was added, removed and modified since the day seven days ago, as runs found it",
        f"""{RUNS.format(when='''m."date" >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')''')}, named AS (
  SELECT runs.inventory, runs."date", runs.hour, runs.run, json_extract_scalar(entry, '$.key') AS key
  FROM runs
  CROSS JOIN UNNEST(CAST(json_parse(runs.objects) AS ARRAY(JSON))) AS t(entry)
)
SELECT c.inventory, named.run, c.change, c.account, c.region, c.type, c.id, c.name, c.arn, c.fields
FROM named
JOIN changes c
  ON c.inventory = named.inventory AND c."date" = named."date" AND c.hour = named.hour
  AND regexp_extract(c."$path", 'changes/.*') = named.key
WHERE c."date" >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
ORDER BY 1, 2 DESC, 4, 5, 6, 7""",
    ),
    "growth": (
        "How many resources the last run of each day saw, for 90 days; read it beside the coverage",
        f"""{RUNS_OF_NINETY_DAYS}, last_of_the_day AS (
  SELECT inventory, "date", max(run) AS run FROM runs GROUP BY inventory, "date"
)
SELECT
  runs.inventory, runs."date", runs.run, runs.verdict, 100 * runs.coverage AS coverage_percent,
  CAST(json_extract_scalar(runs.counts, '$.resources') AS BIGINT) AS resources
FROM runs
JOIN last_of_the_day ON last_of_the_day.inventory = runs.inventory AND last_of_the_day.run = runs.run
ORDER BY 1, 2 DESC""",
    ),
}
"""Name → what it answers, and the query; what asks for the latest run looks back on yesterday and today."""

YESTERDAY = "current_date - INTERVAL '1' DAY"


def saved(days: int) -> dict[str, tuple[str, str]]:
    """The same, looking for the latest run as many days back as the longest pause between runs needs."""
    since = f"current_date - INTERVAL '{days}' DAY"
    return {name: (answers, question.replace(YESTERDAY, since)) for name, (answers, question) in SAVED.items()}
