"""Takes each guard against lies, losses and leaks away, once, and sees that its test fails.

    python -m tools.guards             all of them; writes docs/guards.md
    python -m tools.guards WORD        those whose description, file or test has the word in it; writes nothing

Works on a copy of the tree. The tests that are named must all pass on the untouched copy first; then, one guard at a
time, the guard's code is replaced by what it would be without it, and each of its tests must fail: not end in an error
of its own, and not run out of time. Exits with 1 where one does not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[1]
CODE = "lambda_src/stocktake"
TABLE = "docs/guards.md"
SECONDS = 120.0
"""For the tests of one guard."""

AT_ONCE = 2
"""Copies of the tree, in each of which one guard at a time is taken away."""

FAILED = 1  # pytest's exit code where tests ran and some failed; others mean that none did
LEFT_OUT = (".venv*", ".git", "out", "__pycache__", ".*_cache", ".hypothesis", "node_modules", "cdk.out")


@dataclass(frozen=True, slots=True)
class Change:
    """Code that stands once in a file, under CODE, and what takes its place."""

    file: str
    code: str
    without: str


@dataclass(frozen=True, slots=True)
class Guard:
    """What is guarded against, how the guard is taken away, and the tests, under tests/, that then fail."""

    against: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]


def guard(against: str, file: str, code: str, without: str, *tests: str, also: tuple[str, str] | None = None) -> Guard:
    """A guard in one file; `also` is a second place that is changed with it."""
    changes = (Change(file, code, without), *((Change(file, *also),) if also else ()))
    return Guard(against, changes, tests)


GUARDS = (
    guard(
        "an answer of which less came than was announced",
        "aws.py",
        " and int(length) != len(body):",
        " and False:",
        "test_aws.py::test_an_answer_shorter_than_announced_is_refused",
    ),
    guard(
        "a JSON answer that cannot be read, which botocore takes for an empty one",
        "aws.py",
        'raise MalformedAnswer(f"{self.name}: the answer is no JSON") from None',
        "return None",
        "test_aws.py::test_an_answer_cut_anywhere_is_refused",
    ),
    guard(
        "a JSON answer that has no member of the operation's",
        "aws.py",
        "if not isinstance(answer, dict) or (answer and not any(name in self._wire for name in answer)):",
        "if not isinstance(answer, dict):",
        "test_aws.py::test_what_is_not_the_operations_answer_is_refused",
    ),
    guard(
        "JSON in an encoding that botocore takes for nothing",
        "aws.py",
        "json.loads(body.decode())",
        "json.loads(body)",
        "faults/test_table.py::test_json_that_botocore_cannot_read_is_no_empty_list",
    ),
    guard(
        "a page of HTML, or another operation's XML, taken for an empty list",
        "aws.py",
        """raise MalformedAnswer(f"{self.name}: the answer is not the operation's XML")""",
        "return None",
        "test_aws.py::test_what_is_not_the_operations_answer_is_refused",
    ),
    guard(
        "an empty answer about a bucket, taken for nothing configured",
        "aws.py",
        "*filter(None, names)",
        "*names",
        "faults/test_table.py::test_an_empty_answer_about_a_bucket_is_a_gap_and_not_nothing_configured",
    ),
    guard(
        "REST XML of another root without any member of the operation's",
        "aws.py",
        "            or not self._xml_member.search(body)\n",
        "",
        "test_aws.py::test_what_is_not_the_operations_answer_is_refused",
    ),
    guard(
        "an answer that is no CBOR map (the parser's errors are caught too: both are taken away)",
        "aws.py",
        "if not body or body[0] >> 5 != 5:",
        "if False:",
        "test_aws.py::test_what_is_no_cbor_map_is_refused",
        also=("if not _raised_by_parser(error):", "if True:"),
    ),
    guard(
        "an answer of the right form without its list",
        "aws.py",
        "if request.needs and not has(answer, request.needs):",
        "if False:",
        "faults/test_table.py::test_an_answer_without_its_list_is_no_empty_list",
    ),
    guard(
        "an answer that says that there is more, but has no token for it",
        "aws.py",
        "            if more:\n                raise",
        "            if False:\n                raise",
        "test_aws.py::test_more_without_a_token_is_no_end",
    ),
    guard(
        "a page token whose flag is missing, taken for the end",
        "aws.py",
        "(more is not None and not more)",
        "(self._more is not None and not more)",
        "faults/test_table.py::test_a_page_token_without_its_flag_is_no_end",
    ),
    guard(
        "a throttle or an outage in plain text, taken for an odd answer",
        "aws.py",
        "if current.status >= 300:  #",
        "if False:  #",
        "test_aws.py::test_a_bare_429_is_a_throttle_in_every_protocol",
    ),
    guard(
        "what botocore's parsers raise, taken for a fault of ours",
        "aws.py",
        "if not _raised_by_parser(error):",
        "if True:",
        "test_aws.py::test_an_answer_cut_anywhere_is_refused",
    ),
    guard(
        "a request signed with another account's key",
        "aws.py",
        "signed[1] != current.credentials.access_key or ",
        "",
        "test_aws.py::test_a_request_for_another_target_is_not_sent",
    ),
    guard(
        "a request signed for another region",
        "aws.py",
        "signed[2] != region or ",
        "",
        "test_aws.py::test_a_request_for_another_target_is_not_sent",
    ),
    guard(
        "a request to another region's host",
        "aws.py",
        " or not host_fits:",
        ":",
        "test_aws.py::test_a_request_for_another_target_is_not_sent",
    ),
    guard(
        "botocore following a bucket into another region",
        "aws.py",
        'context["s3_redirect"]["redirected"] = True',
        "pass",
        "test_aws.py::test_a_bucket_in_another_region_is_not_followed_there",
    ),
    guard(
        "botocore sending again by itself, unseen by limits and counts",
        "aws.py",
        'retries={"mode": "standard", "total_max_attempts": 1}',
        'retries={"mode": "standard", "total_max_attempts": 2}',
        "test_aws.py::test_one_call_is_one_request_whatever_comes_back",
    ),
    guard(
        "credentials that expired before their time and are not looked up again",
        "aws.py",
        "if may_be_renewed and self._renew(request.account, credentials):",
        "if False:",
        "test_aws.py::test_expired_credentials_are_looked_up_again_and_the_call_may_be_made_again",
    ),
    guard(
        "credentials that every call which finds them expired looks up again",
        "aws.py",
        "renewed = expired.access_key in self._expired",
        "renewed = False",
        "test_aws.py::test_many_calls_that_find_the_same_credentials_expired_look_them_up_once",
    ),
    guard(
        "expired credentials that are renewed without end, as there are no others",
        "aws.py",
        "return self._credentials_for(account).access_key not in self._expired",
        "return True",
        "test_aws.py::test_where_there_are_no_others_expired_credentials_are_the_end",
    ),
    guard(
        "credentials that are refused everywhere, asked with to the end",
        "aws.py",
        'if request.operation != "GetCallerIdentity" and self._is_unknown(request):',
        "if False:",
        "test_aws.py::test_where_there_are_no_others_expired_credentials_are_the_end",
    ),
    guard(
        "asking whose the credentials are at every refusal",
        "aws.py",
        "if not doubt.refusal and request.region not in doubt.regions:",
        "if True:",
        "test_aws.py::test_where_there_are_no_others_expired_credentials_are_the_end",
    ),
    guard(
        "a clock of ours that is wrong, taken for bad credentials",
        "aws.py",
        "if problem.reason.code is ReasonCode.CLOCK_SKEW and abs(skew) > SKEW_SECONDS:",
        "if False:",
        "test_aws.py::test_a_clock_that_is_wrong_is_said_to_be_and_by_how_much",
    ),
    guard(
        "one service's odd word about clocks, taken for a wrong clock of ours",
        "aws.py",
        " and abs(skew) > SKEW_SECONDS:",
        ":",
        "test_aws.py::test_one_services_odd_word_about_clocks_is_not_taken_for_ours",
    ),
    guard(
        "a role's credentials of another account than was asked for",
        "aws.py",
        'if who.split(":")[4:5] != [account]:',
        "if False:",
        "test_aws.py::test_credentials_of_another_account_are_refused",
    ),
    guard(
        "an answer of AssumeRole without credentials",
        "aws.py",
        "if not who or not all(entered.values()):",
        "if False:",
        "test_aws.py::test_an_answer_without_credentials_is_no_way_in",
    ),
    guard(
        "a refused role that every call asks for again",
        "aws.py",
        "if door.refusal is not None:",
        "if False:",
        "test_aws.py::test_a_refused_role_is_asked_for_once_and_said_to_every_call",
    ),
    guard(
        "a call that was given up, taken for a broken network",
        "aws.py",
        "if current.given_up:",
        "if False:",
        "test_aws.py::test_a_call_that_drips_is_given_up_from_another_thread_and_may_be_made_again",
    ),
    guard(
        "a service that is said not to be offered as the network is gone",
        "aws.py",
        "if _names_nobody(error) and self._knows_no_endpoint(client, request.region):",
        "if _names_nobody(error):",
        "test_aws.py::test_a_service_is_not_offered_only_where_its_name_does_not_exist_and_its_neighbours_does",
    ),
    guard(
        "secrets that AWS's models mark, in what is written",
        "aws.py",
        "current.facts.hidden.redact(answer)",
        "pass",
        "test_aws.py::test_what_the_model_marks_sensitive_never_leaves_the_call_layer",
    ),
    guard(
        "our own session token, sent back in a refusal's text",
        "aws.py",
        "            _without_secrets(error, credentials)\n",
        "",
        "test_secrets.py::test_a_token_that_an_answer_sends_back_is_not_said_either",
    ),
    guard(
        "large answers read all at once, which memory does not hold",
        "aws.py",
        "self._places.acquire()",
        "pass",
        "test_aws.py::test_large_answers_are_read_a_few_at_a_time_and_more_is_not_asked_for_meanwhile",
    ),
    guard(
        "asking for more while what came cannot soon be read",
        "aws.py",
        "return self._desk.waiting < WAITING_BYTES",
        "return True",
        "test_aws.py::test_large_answers_are_read_a_few_at_a_time_and_more_is_not_asked_for_meanwhile",
    ),
    guard(
        "a host whose certificate is nobody's",
        "aws.py",
        'conn.cert_reqs = "CERT_REQUIRED"',
        'conn.cert_reqs = "CERT_NONE"',
        "test_tls.py::test_a_stranger_is_not",
    ),
    guard(
        "a throttle that says so with its status alone",
        "errors.py",
        " or status == 429",
        "",
        "test_errors.py::test_a_429_is_a_throttle_whatever_its_code",
    ),
    guard(
        "an outage that is not tried again, as it names no known code",
        "errors.py",
        "retry=status >= 500",
        "retry=False",
        "test_errors.py::test_every_row_of_the_fault_table_has_its_state_and_reason",
    ),
    guard(
        "a policy above the account, told as a missing permission",
        "errors.py",
        "ReasonCode.SCP if POLICY_ABOVE.search(text) else ReasonCode.IAM",
        "ReasonCode.IAM",
        "test_errors.py::test_every_row_of_the_fault_table_has_its_state_and_reason",
    ),
    guard(
        "a bad request, told as a service that the region does not offer",
        "errors.py",
        "(code in MAY_MEAN_NOT_OFFERED and NOT_OFFERED_IF_IT_SAYS_SO.search(text))",
        "code in MAY_MEAN_NOT_OFFERED",
        "test_errors.py::test_every_row_of_the_fault_table_has_its_state_and_reason",
    ),
    guard(
        "a denial, told as a service that is not enabled",
        "errors.py",
        "(code in MAY_MEAN_NOT_ENABLED and NOT_ENABLED_IF_IT_SAYS_SO.search(text))",
        "code in MAY_MEAN_NOT_ENABLED",
        "test_errors.py::test_every_row_of_the_fault_table_has_its_state_and_reason",
    ),
    guard(
        "a bad request, told as a page token that expired",
        "errors.py",
        "(code in MAY_MEAN_PAGE_TOKEN and PAGE_TOKEN_IF_IT_SAYS_SO.search(text))",
        "code in MAY_MEAN_PAGE_TOKEN",
        "test_errors.py::test_every_row_of_the_fault_table_has_its_state_and_reason",
    ),
    guard(
        "a message of any length in every place that a reason stands",
        "errors.py",
        "if len(message) > MESSAGE_LIMIT:",
        "if False:",
        "test_errors.py::test_whatever_aws_answers_has_one_state_and_a_short_reason",
    ),
    guard(
        "a proxy's page, told as AWS's message",
        "errors.py",
        "if code.isdigit():",
        "if False:",
        "test_errors.py::test_an_html_error_of_any_status_does_not_tell_its_body",
    ),
    guard(
        "an unexpected error whose text quotes what AWS answered",
        "errors.py",
        'return f"{type(error).__name__}{place}"',
        'return f"{type(error).__name__}{place}: {error}"',
        "test_errors.py::test_no_unexpected_exception_is_quoted",
    ),
    guard(
        "a listing that ends where its page token expired",
        "collect.py",
        "if problem.reason.code is not ReasonCode.PAGE_TOKEN or self.request.token is None or self.restarted:",
        "if True:",
        "test_collect.py::test_a_page_token_that_expired_starts_the_listing_again_once",
    ),
    guard(
        "a listing that begins again without end",
        "collect.py",
        " or self.restarted:",
        ":",
        "test_collect.py::test_a_page_token_that_expires_again_makes_the_unit_partial",
    ),
    guard(
        "page tokens that go round without end",
        "collect.py",
        "if token in self.seen:",
        "if len(self.seen) > 50:",
        "test_collect.py::test_a_page_token_that_comes_twice_ends_the_listing_and_every_item_is_kept",
    ),
    guard(
        "an item that is dropped, as it cannot be said whether it is wanted",
        "collect.py",
        "            self.broke(classify(error))\n            return True",
        "            return False",
        "test_collect.py::test_an_item_of_which_it_cannot_be_said_whether_it_is_wanted_stays",
    ),
    guard(
        "an answer that says that it leaves something out, taken for whole",
        "collect.py",
        "        if call.unanswered:\n",
        "        if False:\n",
        "test_collect.py::test_what_an_answer_leaves_out_makes_the_unit_partial",
    ),
    guard(
        "a description of fewer than were asked for, taken for whole",
        "collect.py",
        "if answered < asked:",
        "if False:",
        "faults/test_table.py::test_a_description_of_fewer_than_were_asked_for_is_not_whole",
    ),
    guard(
        "items that are no objects, passed over in silence",
        "collect.py",
        "if len(objects) < len(items):",
        "if False:",
        "test_collect.py::test_items_that_are_no_objects_are_malformed_and_the_others_are_kept",
    ),
    guard(
        "a list that is none, taken for items",
        "collect.py",
        "if not isinstance(items, list):",
        "if False:",
        "test_collect.py::test_a_page_whose_items_are_no_list_is_malformed_and_the_others_are_kept",
    ),
    guard(
        "a part that was refused, told as a part that is not there",
        "collect.py",
        "                    finding.miss(enrichment, page.reason)",
        "                    finding.put(enrichment, None)",
        "test_collect.py::test_a_refused_enrichment_is_a_gap_on_that_resource_alone",
    ),
    guard(
        "any error of an enrichment, told as nothing configured",
        "collect.py",
        "if page.error and page.error in enrichment.call.absent:",
        "if page.error:",
        "test_collect.py::test_a_refused_enrichment_is_a_gap_on_that_resource_alone",
    ),
    guard(
        "any error of a child, told as a child that is gone",
        "collect.py",
        "if not problem.error or problem.error not in call.absent:",
        "if not problem.error:",
        "test_collect.py::test_a_denied_child_keeps_the_rest",
    ),
    guard(
        "an item that a batch leaves out, told as one that has nothing",
        "collect.py",
        "if left_out and asked_for not in entries:",
        "if False:",
        "test_collect.py::test_an_item_that_a_batch_says_it_leaves_out_has_a_gap",
    ),
    guard(
        "an enrichment that is asked in the wrong place, as what says where could not be read",
        "collect.py",
        "if gap.path in needed:",
        "if False:",
        "test_collect.py::test_what_needs_a_part_that_was_refused_is_not_asked_for_and_has_its_gap",
    ),
    guard(
        "an error of ours in one unit that costs what the unit has read",
        "collect.py",
        "    except Exception as error:\n        walk.broke(classify(error))",
        "    except ZeroDivisionError as error:\n        walk.broke(classify(error))",
        "test_collect.py::test_a_request_that_cannot_be_made_is_the_units_problem_and_not_the_runs",
    ),
    guard(
        "a call that is sent again without end",
        "fanout.py",
        "if answer.retry and slot.sends < self._settings.attempts:",
        "if answer.retry and slot.sends < 50:",
        "test_fanout.py::test_sends_are_bounded_and_the_unit_hears_the_problem",
    ),
    guard(
        "a refusal that is sent again though it cannot pass",
        "fanout.py",
        "if answer.retry and slot.sends",
        "if isinstance(answer, Problem) and slot.sends",
        "test_fanout.py::test_what_cannot_succeed_later_is_sent_once",
    ),
    guard(
        "asking a host that is given up",
        "fanout.py",
        "self._refusal(slot.request) or circuit.verdict(slot.request.operation)",
        "self._refusal(slot.request)",
        "test_circuit.py::test_a_host_that_never_answers_is_given_up_after_a_few_calls_and_three_looks",
    ),
    guard(
        "asking a host that does not answer without a pause",
        "fanout.py",
        "        if pause:\n",
        "        if False:\n",
        "test_circuit.py::test_a_host_that_never_answers_is_given_up_after_a_few_calls_and_three_looks",
    ),
    guard(
        "a unit that tries all its requests before its host is left alone, as a retry loses its place",
        "fanout.py",
        "            self._loop.call_later(self._rng.uniform(0, longest), self._retry, slot)\n",
        "            self._give_way(job)\n"
        "            self._loop.call_later(self._rng.uniform(0, longest), self._retry, slot)\n",
        "faults/test_storms.py::test_in_a_storm_over_many_calls_the_host_is_left_alone_soon",
        also=(
            "            heapq.heappush(self._ready, (slot.job.order, next(self._sequence), slot))\n"
            "            self._pump()\n",
            "            self._enqueue(slot)\n            self._pump()\n",
        ),
    ),
    guard(
        "losing what was read before the deadline",
        "fanout.py",
        "self._finish(job, _close(job))",
        "self._finish(job, Collection(deadline_problem()))",
        "test_fanout.py::test_at_the_deadline_everything_ends_at_once_with_what_it_has",
    ),
    guard(
        "a unit told as collected though the deadline left parts of its resources unread",
        "fanout.py",
        "replace(step, problem=problem) if cut and step.problem is None else step",
        "step",
        "test_fanout.py::test_what_was_listed_and_not_asked_about_further_by_the_deadline_is_partial",
        "end_to_end/test_resume.py::test_a_run_that_the_deadline_cut_short_is_finished",
    ),
    guard(
        "an answer that comes after its unit was closed (which was run to its end: both are taken away)",
        "fanout.py",
        "            if not job.closed:\n",
        "            if True:\n",
        "test_fanout.py::test_a_thread_that_is_freed_after_the_end_writes_nothing",
        also=(
            "self._finish(job, _close(job))",
            "self._finish(job, Collection(deadline_problem()))",
        ),
    ),
    guard(
        "asking for an account whose credentials were refused",
        "fanout.py",
        "self._closed.setdefault(slot.request.account, slot.answer)",
        "pass",
        "test_fanout.py::test_once_credentials_are_refused_nothing_of_the_account_is_asked_any_more",
    ),
    guard(
        "a call that drips and keeps its thread",
        "fanout.py",
        "            del self._sent[slot]\n            self._give_up(slot.request)\n",
        "            del self._sent[slot]\n",
        "test_fanout.py::test_a_call_that_takes_too_long_is_given_up_once",
    ),
    guard(
        "calls that go on after the deadline",
        "fanout.py",
        "        for slot in self._sent:\n            self._give_up(slot.request)\n",
        "",
        "test_fanout.py::test_at_the_deadline_every_call_that_is_under_way_is_given_up",
    ),
    guard(
        "sending more while there is no room for what comes",
        "fanout.py",
        "if self._flying and not self._has_room():",
        "if False:",
        "test_fanout.py::test_while_there_is_no_room_nothing_more_is_sent_and_every_call_is_made_in_the_end",
    ),
    guard(
        "a page ahead that is asked for twice, as the one before it was",
        "fanout.py",
        "if before is None or before.token != request.token:",
        "if True:",
        "faults/test_table.py::test_the_page_ahead_is_asked_for_once_however_often_the_one_before_it_is",
    ),
    guard(
        "a throttle that the rates do not hear of",
        "fanout.py",
        "self._rates.bucket(slot.request).refused(self._loop.time(), slot.sent)",
        "pass",
        "test_rates.py::test_a_throttled_bucket_goes_on_at_half_its_pace_and_others_at_theirs",
    ),
    guard(
        "a refusal, taken for a host that does not answer",
        "circuit.py",
        "if not isinstance(answer, Problem) or not answer.retry or answer.reason.code in SIGNS_OF_LIFE:",
        "if not isinstance(answer, Problem) or answer.reason.code in SIGNS_OF_LIFE:",
        "test_circuit.py::test_an_answer_that_is_a_refusal_is_a_sign_of_life",
    ),
    guard(
        "calls that were on their way when the host was left alone, lengthening the pause",
        "circuit.py",
        "if sent >= self._opened:",
        "if True:",
        "test_circuit.py::test_a_call_on_its_way_when_the_others_failed_lengthens_no_pause",
    ),
    guard(
        "all calls going to see whether a host is back",
        "circuit.py",
        "        self._until = now + patience\n",
        "",
        "test_circuit.py::test_one_call_goes_to_see_and_the_others_wait_for_it",
    ),
    guard(
        "hundreds of refusals in a region that lets nobody in",
        "gate.py",
        "if isinstance(answer, Problem) and answer.reason.code in REFUSED and not answer.account:",
        "if False:",
        "test_gate.py::test_a_gate_shuts_once_every_probe_was_refused_for_the_regions_sake",
    ),
    guard(
        "units that share the refusal of a region though a probe was answered",
        "gate.py",
        "if self.is_open or len(self.refusals) < len(self.probes):",
        "if not self.refusals:",
        "test_gate.py::test_any_other_answer_of_a_probe_opens_the_gate",
    ),
    guard(
        "a probe whose end opens what its first answer shut",
        "gate.py",
        "if probe not in self.refusals:",
        "if True:",
        "test_gate.py::test_only_a_probes_first_answer_counts",
    ),
    guard(
        "an item without an id, which could not be found again",
        "normalise.py",
        'if identity is None or identity == "":',
        "if False:",
        "test_normalise.py::test_an_item_without_an_id_is_malformed",
    ),
    guard(
        "secrets that a row names, in what is written",
        "normalise.py",
        "redact(item, path)",
        "pass",
        "test_normalise.py::test_secret_paths_are_redacted_and_their_keys_stay",
    ),
    guard(
        "tags that were not read, told as no tags",
        "normalise.py",
        " or reading.tags_member in unread",
        "",
        "test_normalise.py::test_tags_that_were_not_read_are_unknown",
    ),
    guard(
        "a resource that two pages name, counted twice",
        "snapshot.py",
        "if held is not None and held[:2] != entry[:2]:",
        "if held is not None:",
        "test_snapshot.py::test_a_resource_that_comes_again_stands_once_with_the_later_word",
    ),
    guard(
        "two resources of one id, taken for one",
        "snapshot.py",
        "held[:2] != entry[:2]",
        "held[:1] != entry[:1]",
        "test_snapshot.py::test_two_resources_of_one_id_and_different_arns_are_two",
    ),
    guard(
        "text that UTF-8 cannot say, which costs its resource",
        "snapshot.py",
        'return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")',
        "return text",
        "test_snapshot.py::test_well_formed_text_can_be_encoded_and_stays_as_it_is",
    ),
    guard(
        "two keys that become one and lose a value",
        "snapshot.py",
        '            while name in plain:\n                name += "\\ufffd"\n',
        "",
        "test_snapshot.py::test_two_keys_with_different_lone_surrogates_are_not_one_key_twice",
    ),
    guard(
        "writing a resource that no reader takes",
        "snapshot.py",
        "if len(line) > LINE_BYTES or _holds_too_much(line):",
        "if False:",
        "test_hostile.py::test_what_no_reader_would_take_is_not_written",
    ),
    guard(
        "writing a resource that is nested deeper than readers take",
        "snapshot.py",
        "if _is_too_deep(line, record):",
        "if False:",
        "test_hostile.py::test_what_no_reader_would_take_is_not_written",
    ),
    guard(
        "more lines than the manifest says",
        "snapshot.py",
        "if count is not None and number > count:",
        "if False:",
        "test_bombs.py::test_more_or_fewer_lines_than_the_manifest_says_are_refused",
    ),
    guard(
        "fewer lines than the manifest says",
        "snapshot.py",
        "if count is not None and number < count:",
        "if False:",
        "test_bombs.py::test_more_or_fewer_lines_than_the_manifest_says_are_refused",
    ),
    guard(
        "a line of any length",
        "snapshot.py",
        "if length > LINE_BYTES:",
        "if False:",
        "test_bombs.py::test_every_bomb_of_lines_is_refused_by_who_reads_it_and_names_the_object",
    ),
    guard(
        "a line with any number of values",
        "snapshot.py",
        'return len(text) > VALUES and text.count(b",") + text.count(b"[") + text.count(b"{") > VALUES',
        "return False",
        "test_snapshot.py::test_more_values_than_memory_is_meant_for_are_refused_before_they_are_read",
    ),
    guard(
        "a line nested as deep as one likes",
        "snapshot.py",
        "if _is_too_deep(text, value):",
        "if False:",
        "test_snapshot.py::test_a_value_a_little_deeper_than_the_deepest_is_refused",
    ),
    guard(
        "gzip members without end that hold nothing",
        "snapshot.py",
        "if not length and (packed or members > 1):",
        "if False:",
        "test_snapshot.py::test_a_part_with_nothing_in_it_is_refused_where_it_is_not_all_there_is",
    ),
    guard(
        "an object that was cut, read as if it were whole",
        "snapshot.py",
        "                if not packed:\n                    raise EOFError\n",
        "                if not packed:\n                    return\n",
        "test_snapshot.py::test_an_object_that_was_cut_is_refused_by_name",
    ),
    guard(
        "a last line without its end, dropped in silence",
        "snapshot.py",
        "    if begun:\n        raise EOFError\n",
        "",
        "test_snapshot.py::test_a_last_line_without_its_end_is_not_dropped_in_silence",
    ),
    guard(
        "a member that stands twice, of which readers may take either",
        "snapshot.py",
        "if len(found) != len(members):",
        "if False:",
        "test_snapshot.py::test_a_member_that_stands_twice_is_refused",
    ),
    guard(
        "a format that this version does not know, read as its own",
        "snapshot.py",
        'if not isinstance(value, dict) or value.get("format") != FORMAT:',
        "if not isinstance(value, dict):",
        "test_snapshot.py::test_a_document_of_another_format_is_refused_by_name",
    ),
    guard(
        "a key that leads out of the store",
        "snapshot.py",
        " and KEY.match(value) is not None",
        "",
        "test_bombs.py::test_a_key_that_leads_out_of_the_store_is_refused_wherever_it_is_named",
    ),
    guard(
        "a rule that accepts what is unseen after its time",
        "snapshot.py",
        "rule = None if place is None or rules[place].expired(at) else rules[place]",
        "rule = None if place is None else rules[place]",
        "test_accepted.py::test_an_expired_rule_is_as_good_as_none",
    ),
    guard(
        "a run that misses one of very many, rounded to whole",
        "snapshot.py",
        "min(round(collected / there, 6), 0.999999)",
        "round(collected / there, 6)",
        "test_snapshot.py::test_a_run_that_misses_one_of_very_many_is_not_rounded_to_complete",
    ),
    guard(
        "a run that collected nothing, told as complete as all of it is accepted",
        "snapshot.py",
        "verdict = Verdict.COMPLETE if collected and collected + accepted == there else",
        "verdict = Verdict.COMPLETE if collected + accepted == there else",
        "test_accepted.py::test_a_run_that_only_read_pieces_stays_partial_though_all_of_it_is_accepted",
    ),
    guard(
        "a block of an earlier revision that is not what its unit names",
        "snapshot.py",
        'if hashlib.sha256(data).hexdigest() != named["sha256"]:',
        "if False:",
        "test_snapshot.py::test_a_block_of_an_earlier_revision_that_is_not_what_its_unit_names_is_not_gone_on_with",
    ),
    guard(
        "overwriting what was written once",
        "store.py",
        'if not self._put(key, body, IfNoneMatch="*") and',
        "if not self._put(key, body) and",
        "test_store.py::TestContract::test_to_create_other_content_under_a_key_that_exists_is_refused_by_name",
    ),
    guard(
        "overwriting a file that was written once",
        "store.py",
        "os.link(written, path)",
        "written.replace(path)",
        "test_store.py::TestContract::test_to_create_other_content_under_a_key_that_exists_is_refused_by_name",
    ),
    guard(
        "a key that exists with other content, taken for ours",
        "store.py",
        " and self._get(key, _digest) != sha256:",
        " and False:",
        "test_store.py::TestContract::test_to_create_other_content_under_a_key_that_exists_is_refused_by_name",
    ),
    guard(
        "our own write whose answer was lost, taken for another's",
        "store.py",
        "return self.peek(key, len(body) + 1)[0] == body",
        "return False",
        "test_store.py::test_a_swap_is_success_where_the_answer_was_lost_and_the_object_is_ours",
    ),
    guard(
        "a pointer that overwrites another's in a bucket",
        "store.py",
        'condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}',
        "condition: dict[str, str] = {}",
        "test_store.py::TestContract::test_a_swap_with_an_old_tag_does_not_replace",
    ),
    guard(
        "a pointer that overwrites another's in a directory",
        "store.py",
        "if current != tag:",
        "if False:",
        "test_store.py::TestContract::test_a_swap_with_an_old_tag_does_not_replace",
    ),
    guard(
        "a conflict with another's write that ends the run",
        "store.py",
        'if code not in ("ConditionalRequestConflict", "409"):',
        "if True:",
        "test_store.py::test_a_conflict_with_another_write_is_tried_again_with_the_whole_body",
    ),
    guard(
        "what stands between and answers 200 for S3",
        "store.py",
        "if not answer.get(member):",
        "if False:",
        "test_store.py::test_what_stands_between_and_answers_for_s3_is_not_believed",
    ),
    guard(
        "a body that breaks off, taken for the end",
        "store.py",
        "for _ in range(READS):",
        "for _ in range(1):",
        "test_store.py::test_a_body_that_breaks_off_is_asked_for_again",
    ),
    guard(
        "a pointer to a manifest whose data is not written yet",
        "store.py",
        "    for one in objects:\n        store.create(one.key, one.file, one.sha256)\n",
        "",
        "test_publish.py::test_data_comes_first_then_the_manifest_then_the_pointer",
        also=(
            "        store.create(key, io.BytesIO(data), digest)\n",
            "        store.create(key, io.BytesIO(data), digest)\n"
            "        for one in objects:\n            store.create(one.key, one.file, one.sha256)\n",
        ),
    ),
    guard(
        "a pointer to a manifest that is not written yet",
        "store.py",
        "        store.create(key, io.BytesIO(data), digest)\n",
        "",
        "test_publish.py::test_data_comes_first_then_the_manifest_then_the_pointer",
        also=(
            "            return Published(whole, key, digest, moves)\n",
            "            store.create(key, io.BytesIO(data), digest)\n"
            "            return Published(whole, key, digest, moves)\n",
        ),
    ),
    guard(
        "a pointer that goes back in time",
        "store.py",
        'return moves_pointer and bool(pointer["run"] < run)',
        "return moves_pointer",
        "test_publish.py::test_the_pointer_does_not_go_back_in_time",
    ),
    guard(
        "a narrower run in place of a whole one",
        "store.py",
        'return moves_pointer and bool(pointer["run"] < run)',
        'return bool(pointer["run"] < run)',
        "test_publish.py::test_a_narrower_run_is_published_but_moves_nothing",
    ),
    guard(
        "a failed run in place of a better one",
        "store.py",
        'if verdict == Verdict.FAILED and pointer["verdict"] != Verdict.FAILED:',
        "if False:",
        "test_publish.py::test_a_failed_run_never_stands_before_a_better_one",
    ),
    guard(
        "a revision of a run that a newer one has overtaken",
        "store.py",
        'if not _may_move(pointer, run.id, manifest["verdict"], moves_pointer, begun):',
        "if False:",
        "test_publish.py::test_a_run_that_is_overtaken_by_a_newer_one_writes_no_revision",
    ),
    guard(
        "a manifest that is not what the pointer names",
        "store.py",
        "if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:",
        "if False:",
        "test_publish.py::test_a_manifest_that_is_not_what_the_pointer_names_is_refused",
    ),
    guard(
        "an object that is not what its manifest names",
        "store.py",
        'if digest.hexdigest() != named["sha256"]:',
        "if False:",
        "test_publish.py::test_an_object_that_is_not_what_its_manifest_names_is_refused_before_its_first_line",
    ),
    guard(
        "opening what lies outside the store",
        "store.py",
        "if not is_key(key):",
        "if False:",
        "test_bombs.py::test_a_store_does_not_open_what_lies_outside_it_whoever_asks",
    ),
    guard(
        "reading more than an object can have",
        "store.py",
        "            if left < 0:\n                break\n",
        "",
        "test_store.py::test_a_body_that_does_not_announce_its_size_is_read_no_further_than_it_may_go",
    ),
    guard(
        "beginning to read what announces more than it can have",
        "store.py",
        "    if announced <= most:\n",
        "    if True:\n",
        "test_bombs.py::test_a_pointer_or_manifest_of_a_bucket_that_announces_too_much_is_not_read",
    ),
    guard(
        "a key that looks like a run's revision",
        "store.py",
        " if REVISION.match(number)}",
        "}",
        "test_bombs.py::test_a_run_s_revisions_are_numbers_and_nothing_else_is_one",
    ),
    guard(
        "an identity that is no account's",
        "discover.py",
        'return account if ACCOUNT.match(account) else unexpected("the answer names no account")',
        "return account",
        "test_hostile.py::test_what_is_no_account_s_id_names_no_object",
    ),
    guard(
        "half a list of regions or accounts, believed",
        "discover.py",
        "        if isinstance(page, Problem):\n            return page\n        pages.append(page)",
        "        if isinstance(page, Problem):\n            return pages or page\n        pages.append(page)",
        "test_discover.py::test_a_list_that_breaks_off_is_not_half_believed",
    ),
    guard(
        "a list of no regions, believed",
        "discover.py",
        "if isinstance(states, dict) and not set(states.values()) - OFF:",
        "if False:",
        "test_discover.py::test_a_list_of_no_regions_is_not_believed",
    ),
    guard(
        "a role that leads into another account",
        "discover.py",
        "        if who != account:\n",
        "        if isinstance(who, Problem):\n",
        "test_discover.py::test_a_role_that_leads_elsewhere_is_no_way_into_the_account",
    ),
    guard(
        "a region's name that leads to another host",
        "discover.py",
        'if not all(REGION.match(str(one.get("RegionName"))) for one in regions):',
        "if False:",
        "test_discover.py::test_a_region_that_could_be_no_part_of_a_hosts_name_is_not_believed",
    ),
    guard(
        "an account's name that is none, and names keys and roles",
        "discover.py",
        'if not all(ACCOUNT.match(str(one.get("Id"))) for one in accounts):',
        "if False:",
        "test_discover.py::test_an_account_whose_id_is_none_is_not_believed",
    ),
    guard(
        "a sweep whose run could not be published, as its pointer cannot be read",
        "pipeline.py",
        "    pointing.result()\n",
        "    pass\n",
        "end_to_end/test_unreadable_store.py::test_a_pointer_that_is_damaged_is_said_before_anything_is_collected",
    ),
    guard(
        "one odd item that costs the others of its page",
        "pipeline.py",
        "                broken = error\n",
        "                broken = error\n                break\n",
        "test_pipeline.py::test_an_odd_item_does_not_cost_the_others_of_its_page",
    ),
    guard(
        "a region that is being enabled, told as broken credentials",
        "pipeline.py",
        "if not refused or outcome.unit.target.region not in account.changing or account.account in report.closed:",
        "if True:",
        "end_to_end/test_refused_regions.py::test_a_region_that_is_being_enabled_is_told_from_broken_credentials",
    ),
    guard(
        "going on with a run and ending with less of a unit than there was",
        "earlier.py",
        "is_partial and now.outcome.state not in SEEN and _is_less(now.content, unit)",
        "False",
        "end_to_end/test_resume.py::test_what_is_still_broken_stays_as_it_was_and_is_not_doubled",
        "end_to_end/test_resume.py::test_what_is_read_with_more_gaps_than_before_does_not_take_its_place",
    ),
    guard(
        "resources that are gone without a word, as their unit has become unavailable",
        "earlier.py",
        "            return key in self.resources\n",
        "            return False\n",
        "test_newly_lost.py::test_newly_lost_is_what_was_collected_and_is_unseen_or_had_resources_and_is_unavailable",
        "end_to_end/test_newly_lost.py::test_what_is_accepted_as_unseen_is_not_lost_but_what_is_unavailable_is",
    ),
    guard(
        "what is newly lost counted as nothing where the run before is not known",
        "snapshot.py",
        '"newly_lost": newly_lost if compared else None,',
        '"newly_lost": newly_lost,',
        "end_to_end/test_newly_lost.py"
        "::test_where_the_run_before_is_not_read_in_time_the_number_is_unknown_and_not_measured",
    ),
    guard(
        "a count of what is newly lost that its units do not bear out",
        "cli/verify.py",
        'if (said.get("newly_lost") or 0) != lost:',
        "if False:",
        "test_verify.py::test_a_count_of_what_is_newly_lost_that_its_units_do_not_bear_out_is_found",
    ),
    guard(
        "a pointer that says another verdict than its manifest",
        "cli/verify.py",
        "        if pointer[name] != says:",
        "        if False:",
        "test_verify.py::test_a_pointer_that_says_otherwise_than_its_manifest_is_found_and_named",
    ),
    guard(
        "an event that EventBridge refused with 200, taken for announced",
        "announce.py",
        'if taken.get("EventId") and not code and not answer.get("FailedEntryCount"):',
        "if True:",
        "test_announce.py::test_whatever_a_bus_answers_but_that_it_took_the_event_is_said_in_its_words",
        "end_to_end/test_announcements.py"
        "::test_a_failure_to_announce_is_logged_measured_and_answered_and_fails_nothing",
    ),
    guard(
        "a run that fails as it cannot be announced",
        "announce.py",
        "    except Exception as error:  # whatever it is, the run is published\n",
        "    except ZeroDivisionError as error:\n",
        "test_announce.py::test_whatever_a_bus_answers_but_that_it_took_the_event_is_said_in_its_words",
    ),
    guard(
        "an event that is larger than EventBridge takes",
        "announce.py",
        """        left -= len(canonical(key)) + 1
""",
        "",
        "test_announce.py::test_an_event_is_taken_whatever_the_estate_and_counts_the_keys_that_do_not_fit",
    ),
    guard(
        "a function that waits for a bus for longer than it may",
        "pipeline.py",
        "await asyncio.wait([putting], timeout=patience)",
        "await asyncio.wait([putting])",
        "end_to_end/test_announcements.py::test_a_bus_that_does_not_answer_is_not_waited_for",
    ),
    guard(
        "two invocations that sweep one inventory at the same time",
        "lease.py",
        'if found is not None and found["invocation"] != invocation and _holds(found, now):',
        "if False:",
        "test_lease.py::test_of_processes_that_want_it_at_once_exactly_one_has_it[None]",
        "end_to_end/test_overlap.py::test_a_function_that_was_killed_holds_nobody_up_once_its_time_is_over",
    ),
    guard(
        "a lease that the invocation which has it waits for when it is tried again",
        "lease.py",
        ' and found["invocation"] != invocation and',
        " and",
        "end_to_end/test_overlap.py::test_an_invocation_that_is_tried_again_goes_on_at_once",
    ),
    guard(
        "a lease that says that it holds for ever",
        "lease.py",
        " and now < until <= latest",
        " and now < until",
        "test_lease.py::test_nobody_is_believed_to_have_it_for_longer_than_a_function_runs",
    ),
    guard(
        "a lease that was given back by somebody else than its holder",
        "lease.py",
        "        if data == canonical(lease.content):",
        "        if True:",
        "test_lease.py::test_what_another_has_meanwhile_is_left_alone",
    ),
    guard(
        "a lease of any size and make, which would hold a run up",
        "lease.py",
        """    except Damaged as error:
        logger.warning("%s; it is taken over", error)
        return None, tag
""",
        """    except ZeroDivisionError:
        return None, tag
""",
        "test_lease.py::test_what_is_no_lease_is_taken_over_with_a_warning",
    ),
    guard(
        "sweeping before the lease is held",
        "pipeline.py",
        "            done = await lease_is_held()\n",
        "            done = None\n",
        "end_to_end/test_overlap.py::test_a_function_that_was_killed_holds_nobody_up_once_its_time_is_over",
    ),
    guard(
        "an event that is swept for once more, as it was published while the lease was waited for",
        "pipeline.py",
        "if not repeats or lease.before != run.id:",
        "if True:",
        "end_to_end/test_overlap.py::test_what_was_published_while_the_lease_was_waited_for_is_not_taken_again",
    ),
    guard(
        "text that acts on a terminal",
        "cli/render.py",
        "escaped = category in INERT or stacked > MARKS_TOGETHER or ord(char) in UNSEEN",
        "escaped = stacked > MARKS_TOGETHER or ord(char) in UNSEEN",
        "test_hostile.py::test_what_is_shown_is_inert_and_short_and_says_what_was_there",
    ),
    guard(
        "letters that show nothing, so that two names look the same",
        "cli/render.py",
        " or ord(char) in UNSEEN\n",
        "\n",
        "test_hostile.py::test_letters_that_show_nothing_are_shown_as_their_escapes",
    ),
)


def chosen(words: Sequence[str]) -> list[Guard]:
    """The guards that have one of the words in their description, file or tests; all where there is no word."""
    return [
        one
        for one in GUARDS
        if not words or any(word in " ".join((one.against, one.changes[0].file, *one.tests)) for word in words)
    ]


def taken_away(text: str, changes: Iterable[Change]) -> str:
    """A file's text without a guard. Raises ValueError where the guard's code does not stand there exactly once."""
    for change in changes:
        if text.count(change.code) != 1:
            raise ValueError(f"{change.file}: stands there {text.count(change.code)} times: {change.code!r}")
        text = text.replace(change.code, change.without)
    return text


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="stocktake-guards-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        (tree / ".venv").symlink_to((ROOT / ".venv").resolve())
        yield tree


def _run(tree: Path, options: Iterable[str], tests: Iterable[str], seconds: float | None) -> tuple[int | None, str]:
    """pytest's exit code, None where it ran out of time, and what it said."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-x", *options]
    command += [f"tests/{one}" for one in tests]
    paths = os.pathsep.join([str(tree / "lambda_src"), str(tree)])
    # Without bytecode: a file may change twice within a second and keep its size, which is all that Python looks at.
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return None, f"no end after {seconds} s"
    return ran.returncode, ran.stdout + ran.stderr


def unnoticed(tree: Path, one: Guard) -> list[str]:
    """The guard's tests that do not fail without it, and how they ended."""
    path = tree / CODE / one.changes[0].file
    whole = path.read_text()
    path.write_text(taken_away(whole, one.changes))
    try:
        ended = {test: _run(tree, (), [test], SECONDS) for test in one.tests}
    finally:
        path.write_text(whole)
    return [f"{test}: {code}\n{said[-2000:]}" for test, (code, said) in ended.items() if code != FAILED]


def table(guards: Iterable[Guard]) -> str:
    """What is guarded, where, and by which test that is known, for people to read."""
    rows = [
        f"| {one.against} | {one.changes[0].file} | {'<br>'.join(f'`{test}`' for test in one.tests)} |"
        for one in guards
    ]
    return "\n".join(
        (
            "# Guards and the tests that notice when one is gone",
            "",
            "Written by `make guards`, which takes each of these guards out of a copy of the code, one at a time, and",
            f"runs its test. Guards: {len(rows)}; without any of them, its test failed. What code is taken away, and",
            f"what takes its place, stands in `tools/guards.py`; files lie in `{CODE}`, tests in `tests`.",
            "",
            "| What is guarded against | Where | The test that fails without it |",
            "|---|---|---|",
            *rows,
            "",
        )
    )


def main(words: Sequence[str]) -> int:
    guards = chosen(words)
    tests = sorted({test for one in guards for test in one.tests})
    missing = 0
    with ExitStack() as copies, ThreadPoolExecutor(AT_ONCE) as threads:
        trees: SimpleQueue[Path] = SimpleQueue()
        for _ in range(AT_ONCE):
            trees.put(copies.enter_context(_copy()))
        tree = trees.get()
        code, said = _run(tree, ["-n", str(AT_ONCE)], tests, None)
        trees.put(tree)
        if code:
            print(f"with every guard in place, the tests do not all pass:\n{said[-4000:]}")
            return 1

        def without(one: Guard) -> list[str]:
            tree = trees.get()
            try:
                return unnoticed(tree, one)
            finally:
                trees.put(tree)

        for number, (one, left) in enumerate(zip(guards, threads.map(without, guards), strict=True), 1):
            missing += bool(left)
            print(f"{number}/{len(guards)} {'NOT NOTICED' if left else 'noticed'}: {one.against}", *left, sep="\n  ")
            sys.stdout.flush()
    print(f"{len(guards) - missing} of {len(guards)} guards are noticed when they are gone")
    if not words and not missing:
        (ROOT / TABLE).write_text(table(guards))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
