"""Each threat, what stands against it, and the tests that show it: the page about them cannot drift away.

`python -m tests.project.test_threats` prints the page.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "threats.md"

CHAINS = "unit/federation/test_chain_threats.py"
ANCHORS = "unit/federation/test_anchors.py"
MARKS = "unit/federation/test_trust_marks.py"
POLICY = "unit/federation/test_metadata_policy.py"
STATEMENTS = "unit/federation/test_statements.py"
DIRECTORY = "federation/test_peers_directory.py"
FRESHNESS = "federation/test_peers_freshness.py"
AWAY = "federation/test_peers_agency_away.py"
CALLS = "federation/test_peers_calls.py"
TOKENS = "federation/test_peers_tokens.py"
LIVE = "federation/test_live_threats.py"
LIVE_AGENCY = "federation/test_live_agency.py"
LIVE_RACES = "federation/test_live_races.py"
LIVE_LOAD = "federation/test_live_load.py"
JWS = "unit/crypto/test_jws.py"
JSON = "unit/crypto/test_strict_json.py"
SEALS = "unit/crypto/test_seals.py"
SEALED = "unit/usecases/test_sealed.py"
CORPUS = "ui/test_corpus.py"
TOKEN = "unit/crypto/test_tokens.py"
GUARD = "unit/http/test_guard.py"
ASSERTIONS = "unit/http/test_oauth_assertions.py"
PROOFS = "unit/http/test_oauth_proofs.py"
OAUTH = "unit/http/test_oauth.py"
REQUESTS = "unit/http/test_oauth_requests.py"
PRODUCT = "unit/policy/test_whole_product.py"
EXCHANGE = "unit/http/test_exchange.py"
SWEEP = "unit/http/test_sweep.py"
LOG = "unit/log/test_log.py"
WITNESS = "unit/log/test_witness.py"
RECONCILE = "unit/log/test_reconcile.py"
CYCLE = "unit/usecases/test_transfer_cycle.py"
SAFETY = "unit/usecases/test_safety.py"
LIVE_SAFETY = "federation/test_live_safety.py"
CORRECTIONS = "unit/usecases/test_corrections.py"
REVIEW = "unit/usecases/test_correction_review.py"
CRASHES = "unit/usecases/test_crashes.py"
ADAPTERS = "contracts/test_adapters.py"
PRIVATE = "project/test_no_personal_data.py"
DESK = "unit/staff/test_guard.py"
LOGIN = "unit/peers/test_identity_provider.py"
LOGIN_UI = "ui/test_login.py"
QUEUE_UI = "ui/test_queue.py"
LETTERS = "unit/usecases/test_letters.py"
LETTERS_UI = "ui/test_letters.py"
TEXTS = "unit/pages/test_texts.py"


@dataclass(frozen=True)
class Threat:
    """An attack, and what answers it."""

    id: str
    attack: str
    answer: str
    tests: tuple[tuple[str, str], ...]
    """File below `tests`, and the function's name without `test_`."""


THREATS: Final = (
    Threat(
        "F1",
        "A chain of an agency that nobody pinned, or of somebody who is no agency",
        "Anchor keys are pinned by the operator and never learned; only an anchor ends a chain",
        (
            (ANCHORS, "a_chain_that_ends_at_an_unpinned_anchor_is_refused"),
            (ANCHORS, "a_former_district_is_no_anchor"),
            (ANCHORS, "a_district_vouches_for_nobody"),
            (LIVE, "who_is_not_vouched_for_gets_no_token"),
        ),
    ),
    Threat(
        "F2",
        "The agency's web site is taken over and shows further keys",
        "The pin decides; a key that was only announced signs nothing",
        (
            (ANCHORS, "a_key_that_the_anchor_announces_but_nobody_pinned_signs_nothing"),
            (ANCHORS, "an_anchor_of_the_same_name_with_other_keys_is_refused"),
        ),
    ),
    Threat(
        "F3",
        "An intermediate loosens the agency's policy",
        "Policies are merged, each may only narrow; what contradicts is an error",
        (
            (CHAINS, "an_intermediate_that_loosens_the_policy_is_refused"),
            (CHAINS, "an_intermediate_without_a_policy_leaves_the_anchors_in_force"),
            (POLICY, "a_subordinate_that_contradicts_its_superior_is_refused"),
        ),
    ),
    Threat(
        "F4",
        "A district poses as another",
        "Names and district numbers come from the superior's statement alone",
        (
            (CHAINS, "a_district_cannot_claim_another_districts_identifiers_or_name"),
            (CHAINS, "identifiers_that_no_superior_states_are_not_listed"),
        ),
    ),
    Threat(
        "F5",
        "Endpoints that lead to a third party",
        "Every endpoint has the origin of the entity's identifier",
        (
            (CHAINS, "an_endpoint_elsewhere_is_refused"),
            (DIRECTORY, "an_endpoint_at_another_host_is_refused"),
        ),
    ),
    Threat(
        "F6",
        "Statements that make a node ask for ever: many hints, circles, huge or slow answers",
        "Chains come along with messages; hints, statements, bytes and seconds are limited",
        (
            (CHAINS, "five_hundred_authority_hints_are_refused"),
            (CHAINS, "a_cycle_of_superiors_is_refused"),
            (DIRECTORY, "a_circle_of_superiors_ends"),
            (DIRECTORY, "a_configuration_of_ten_megabytes_is_not_read"),
            (CALLS, "a_body_that_never_ends_is_given_up"),
        ),
    ),
    Threat(
        "F7",
        "A suspended district goes on under its old chain",
        "The agency's word is at most fifteen minutes old when a record leaves; suspension is pushed",
        (
            (CYCLE, "nothing_is_released_to_a_suspended_node"),
            (FRESHNESS, "a_suspended_node_cannot_come_back_with_its_old_chain"),
            (LIVE, "a_suspended_district_is_shut_out_with_the_token_that_it_has"),
            (LIVE_AGENCY, "a_district_that_is_suspended_mid_transfer_gets_nothing_until_it_is_reinstated"),
        ),
    ),
    Threat(
        "F8",
        "An older statement with keys that were replaced",
        "What is older than the newest that was seen, and says otherwise, is refused",
        (
            (CHAINS, "an_older_statement_with_old_keys_is_refused_after_a_newer_one"),
            (DIRECTORY, "an_older_statement_with_other_keys_is_refused"),
        ),
    ),
    Threat(
        "F9",
        "A trust mark that is forged, or another district's",
        "Subject, issuer, type, signature and time of a mark are checked",
        (
            (MARKS, "a_forged_or_copied_mark_is_refused"),
            (MARKS, "a_mark_by_an_issuer_that_the_anchor_does_not_list_is_refused"),
            (GUARD, "a_node_that_lost_a_required_mark_is_refused"),
        ),
    ),
    Threat(
        "F10",
        "Another state's agency vouches for names of this state",
        "Naming constraints and path length of the cross-listing statement",
        (
            (CHAINS, "a_cross_listed_state_cannot_vouch_for_an_entity_in_this_states_zone"),
            (CHAINS, "a_cross_listed_state_cannot_extend_the_path"),
        ),
    ),
    Threat(
        "F11",
        "The agency is down",
        "What was said serves until its end; a release without a fresh word waits",
        (
            (AWAY, "while_the_agency_is_away_what_is_kept_serves_until_its_end"),
            (CYCLE, "nothing_is_released_while_the_agency_cannot_be_asked"),
            (LIVE_AGENCY, "while_the_agency_is_gone_everything_goes_on_but_releases"),
        ),
    ),
    Threat(
        "O1",
        "Algorithm `none`, or a MAC made with the public key",
        "One algorithm, ES256, and keys on one curve",
        (
            (JWS, "a_header_that_says_anything_else_is_refused_though_the_signature_holds"),
            (JWS, "a_mac_made_with_the_public_key_is_refused"),
            (ASSERTIONS, "an_assertion_under_another_algorithm_is_refused"),
        ),
    ),
    Threat(
        "O2",
        "A key name that leads elsewhere, or a key in the header",
        "Keys are looked up by name in the sender's proven set; a header may hold nothing else",
        (
            (STATEMENTS, "a_kid_is_looked_up_among_the_issuers_keys_and_nowhere_else"),
            (JWS, "a_foreign_key_is_unknown_even_under_our_kid"),
            (JWS, "a_header_that_says_anything_else_is_refused_though_the_signature_holds"),
        ),
    ),
    Threat(
        "O3",
        "A message of one kind is taken for another",
        "Every kind has its own `typ`, and keys have one purpose",
        (
            (JWS, "a_token_is_taken_as_what_it_is_and_as_nothing_else"),
            (EXCHANGE, "each_place_takes_its_own_type_of_message_only"),
            (TOKEN, "a_receipt_is_no_assertion"),
        ),
    ),
    Threat(
        "O4",
        "An assertion made for another server",
        "The audience is this server's identifier: one string, spelt in one way",
        (
            (ASSERTIONS, "an_assertion_for_any_other_audience_is_refused"),
            (LIVE, "an_assertion_is_for_this_server_by_its_one_name"),
        ),
    ),
    Threat(
        "O5",
        "Assertions, proofs, requests and questions that are sent again",
        "What was used is stored in the transaction that uses it, for all processes of a node",
        (
            (OAUTH, "of_two_who_send_one_assertion_at_once_exactly_one_wins"),
            (GUARD, "of_many_who_send_one_proof_at_once_exactly_one_wins"),
            (LIVE, "a_captured_token_request_is_of_no_use"),
            (LIVE, "a_captured_request_for_a_record_is_of_no_use"),
            (LIVE, "the_same_signed_request_in_ten_connections_at_once_makes_one_transfer"),
        ),
    ),
    Threat(
        "O6",
        "A stolen access token",
        "Tokens are bound to a key (DPoP) and live for five minutes",
        (
            (GUARD, "a_stolen_token_is_of_no_use_without_its_key"),
            (GUARD, "a_proof_for_something_else_is_refused"),
            (GUARD, "a_bearer_token_is_no_token"),
            (LIVE, "a_token_is_of_no_use_without_its_key"),
        ),
    ),
    Threat(
        "O7",
        "Proofs that were made beforehand",
        "A proof names the server's nonce, which changes every five minutes",
        (
            (GUARD, "a_proof_without_the_nonce_is_told_the_nonce"),
            (OAUTH, "a_nonce_ends_after_the_slot_that_follows_its_own"),
        ),
    ),
    Threat(
        "O8",
        "A proof for a URL that only looks like this one",
        "Compared with the configured address, whatever the request says of its host",
        (
            (PROOFS, "a_proof_for_another_url_is_refused"),
            (TOKEN, "another_url_stays_another"),
            (GUARD, "a_forged_host_does_not_change_what_a_proof_must_name"),
        ),
    ),
    Threat(
        "O9",
        "One server's metadata is shown for another's",
        "The token endpoint is the peer's own, as its chain says; no other origin is called",
        (
            (TOKENS, "no_call_leaves_the_peers_origin"),
            (CHAINS, "an_endpoint_elsewhere_is_refused"),
        ),
    ),
    Threat(
        "O10",
        "A token for one transfer is used for another; a district relays a third one's request",
        "A fetch token names its transfer; signer, client and token holder are the same district",
        (
            (GUARD, "a_message_that_a_third_node_signed_is_not_taken"),
            (GUARD, "a_fetch_token_for_one_transfer_finds_no_other"),
            (LIVE, "a_request_that_another_district_signed_is_not_taken_from_this_one"),
            (LIVE, "a_receipt_for_ones_own_transfer_does_not_end_anothers"),
        ),
    ),
    Threat(
        "O11",
        "A weaker suite is negotiated",
        "Nothing is negotiated; the agency's policy removes what is weak",
        (
            (CHAINS, "weak_methods_and_keys_by_url_are_removed_by_policy"),
            (GUARD, "a_bearer_token_is_no_token"),
            (SEALS, "a_seal_of_another_kind_is_refused"),
        ),
    ),
    Threat(
        "O12",
        "More is asked for than is due",
        "One detail, one action, nothing unknown; what is granted is said",
        (
            (REQUESTS, "details_that_are_not_ours_to_grant_are_refused"),
            (REQUESTS, "what_is_granted_is_said"),
            (GUARD, "a_token_for_another_scope_is_refused"),
        ),
    ),
    Threat(
        "O14",
        "Clocks that differ",
        "Thirty seconds either way, a minute for the age of a proof",
        (
            (JWS, "clocks_may_differ_by_half_a_minute"),
            (JWS, "times_beyond_the_leeway_are_refused"),
        ),
    ),
    Threat(
        "O15",
        "JSON that two readers understand differently",
        "A strict reader before anything is trusted",
        (
            (JSON, "what_parsers_disagree_about_is_refused"),
            (JSON, "a_repeated_member_is_refused_wherever_it_stands"),
            (JWS, "a_header_that_two_parsers_could_read_differently_is_refused"),
        ),
    ),
    Threat(
        "O16",
        "Sealed records that cost much to open",
        "One way to seal; sizes are checked before anything is opened",
        (
            (SEALS, "a_bomb_is_refused_by_the_size_it_states"),
            (SEALS, "many_recipients_are_refused"),
            (SEALS, "a_well_made_seal_of_another_kind_is_refused"),
        ),
    ),
    Threat(
        "O17",
        "The same bytes spelt in another way",
        "A token has one spelling; replay goes by the id inside",
        (
            (JWS, "a_token_has_one_spelling"),
            (SEALS, "any_changed_byte_is_refused"),
        ),
    ),
    Threat(
        "A1",
        "Finding out who is enrolled where",
        "Found, not found and held look alike; the locator's answers have one size",
        (
            (CYCLE, "an_unknown_student_and_one_under_review_look_alike"),
            (CYCLE, "a_held_request_still_looks_pending_and_goes_on_after_the_hold"),
            (EXCHANGE, "the_tag_does_not_tell_steps_that_the_requester_may_not_know"),
            ("unit/http/test_agency.py", "every_answer_of_the_locator_has_the_same_size"),
            (SAFETY, "a_silently_held_request_looks_like_any_other_to_the_other_district"),
            (SAFETY, "nobody_but_the_safety_officer_learns_of_a_silent_hold"),
            (LIVE_SAFETY, "a_silent_hold_is_told_neither_by_bytes_nor_by_time"),
        ),
    ),
    Threat(
        "A2",
        "A district that was taken over asks for everybody",
        "A person decides; beyond what is usual nothing leaves by itself, and an officer is told",
        (
            (CYCLE, "a_peer_that_asks_too_often_is_told_to_wait"),
            (SAFETY, "a_district_that_asks_five_hundred_times_an_hour_gets_nothing_by_itself"),
        ),
    ),
    Threat(
        "A3",
        "A member of staff looks into a record, or moves one, without need",
        "What no rule allows is refused and logged; sealed sections, flags and bulk need two people",
        (
            (PRODUCT, "another_schools_records_are_closed_to_the_staff_of_a_school"),
            (PRODUCT, "a_sealed_section_opens_for_its_role_only"),
            (PRODUCT, "nobody_does_alone_what_needs_two"),
            (PRODUCT, "ones_own_word_is_not_a_second_person"),
            (SEALED, "a_part_opens_for_its_role_and_for_no_other"),
            (SEALED, "one_person_alone_lets_nothing_sealed_go"),
            (SEALED, "a_registrar_lets_nothing_sealed_go_and_reads_nothing"),
            ("unit/policy/test_permission.py", "a_refusal_names_its_rule_and_is_in_the_log"),
        ),
    ),
    Threat(
        "A4",
        "District IT reads records with the product, or gives itself the role for it",
        "No rule opens a record to IT; roles and rules are changed by two",
        (
            (PRODUCT, "what_runs_the_node_and_what_audits_it_reads_no_record"),
            (PRODUCT, "roles_and_rules_are_changed_by_two_freshly_signed_in"),
            ("unit/cli/test_policy.py", "a_terminal_of_district_it_runs_the_node_and_reads_no_record"),
        ),
    ),
    Threat(
        "A5",
        "A name or a frame that misleads whoever approves",
        "No page stands in a frame; hidden characters and mixed alphabets are shown by their codes",
        (
            (CORPUS, "a_name_that_hides_or_looks_like_another_shows_what_it_is"),
            (CORPUS, "a_number_beside_a_name_from_right_to_left_keeps_its_place"),
            (DESK, "with_the_wrong_role_every_page_is_refused"),
        ),
    ),
    Threat(
        "A6",
        "Forms from elsewhere, a session that was planted or copied, a login in another's name",
        "Same origin and a token of the session on every form; state, nonce and PKCE; a new id at every sign-in; "
        "sessions are rows that a sign-out deletes",
        (
            (DESK, "a_form_that_no_page_of_the_session_sent_changes_nothing"),
            (DESK, "without_a_session_every_page_leads_to_the_sign_in"),
            (DESK, "with_the_wrong_role_every_page_is_refused"),
            (DESK, "a_session_ends_when_it_is_idle_or_old"),
            (DESK, "nobody_is_led_off_the_desk"),
            (LOGIN, "a_token_that_says_anything_else_is_refused"),
            (LOGIN, "a_token_that_the_provider_did_not_sign_so_is_refused"),
            (LOGIN, "an_answer_of_another_provider_is_refused"),
            (LOGIN_UI, "a_copied_cookie_is_of_no_use_after_the_sign_out"),
            (LOGIN_UI, "a_change_of_roles_ends_the_session"),
        ),
    ),
    Threat(
        "A7",
        "Another district's transfer is named",
        "The owner is part of every query; another's and none are the same answer, byte for byte",
        (
            (GUARD, "another_clients_transfer_looks_like_none"),
            (REQUESTS, "not_yours_not_there_and_not_released_look_alike"),
            (LIVE, "another_districts_transfer_and_none_at_all_look_alike_on_every_route"),
        ),
    ),
    Threat(
        "A8",
        "Two decide at the same moment",
        "Every step is a compare-and-set on state and revision",
        (
            (CRASHES, "a_hundred_concurrent_decisions_are_taken_one_after_the_other"),
            ("contracts/test_store.py", "of_a_hundred_moves_from_the_same_state_exactly_one_wins"),
            (LIVE_RACES, "a_hundred_approvals_and_withdrawals_at_once_are_taken_one_after_the_other"),
            (LIVE_RACES, "a_record_that_is_revoked_while_it_is_fetched_is_not_served_afterwards"),
        ),
    ),
    Threat(
        "A11",
        "Text that is a program in a browser",
        "Everything shown is escaped; no page has a script or permits one",
        (
            (CORPUS, "no_page_runs_what_stands_in_a_field"),
            (QUEUE_UI, "a_comment_is_text_and_nothing_else"),
            (TEXTS, "a_template_trusts_no_text_as_html"),
        ),
    ),
    Threat(
        "A14",
        "Archives that burst, escape their folder or hold a name twice",
        "Nothing is unpacked by name; files, bytes and ratio are limited",
        (
            (ADAPTERS, "a_zip_bomb_is_refused_before_it_is_opened"),
            (ADAPTERS, "a_path_that_leads_out_of_the_archive_is_refused"),
            (ADAPTERS, "two_files_of_one_name_are_refused"),
        ),
    ),
    Threat(
        "A15",
        "Files from outside that do harm where they are opened, and codes that are guessed",
        "A code is 122 bits, opens nothing to read and dies with its letter; files are told by their bytes, kept encrypted, only saved",
        (
            (LETTERS, "what_is_another_thing_or_two_at_once_is_refused"),
            (LETTERS, "an_unknown_an_expired_a_replaced_and_an_answered_code_get_the_same_answer"),
            (LETTERS, "the_bearer_of_a_code_learns_nothing_of_the_student"),
            (LETTERS, "files_lie_encrypted_and_cannot_change_places"),
            (LETTERS, "what_a_file_is_called_is_shown_without_its_path"),
            (LETTERS_UI, "hostile_uploads_are_refused_and_kept_nowhere"),
            (LETTERS_UI, "codes_that_open_nothing_get_the_same_bytes"),
            (LETTERS_UI, "a_file_is_only_ever_saved"),
        ),
    ),
    Threat(
        "A18",
        "A node is made to call inside its own network",
        "https alone, the peer's origin alone, no redirects, addresses checked at the socket",
        (
            (CALLS, "no_spelling_of_this_machine_is_called_in_production"),
            (CALLS, "a_name_that_leads_inside_is_not_called"),
            (CALLS, "a_redirect_is_not_followed"),
        ),
    ),
    Threat(
        "A20",
        "Connections that never end, and bodies that nobody wants",
        "Limits in bytes and seconds before anything is read",
        (
            (SWEEP, "ten_megabytes_are_not_read"),
            (SWEEP, "a_body_that_does_not_end_in_time_is_refused"),
            (LIVE_LOAD, "slow_callers_and_huge_bodies_do_not_keep_a_node_from_its_work"),
        ),
    ),
    Threat(
        "A23",
        "Personal data in logs, errors, URLs and metrics",
        "Ids only; errors name the field, not the value",
        (
            (PRIVATE, "no_log_says_anything_of_the_student"),
            (PRIVATE, "no_metric_says_anything_of_the_student"),
            (PRIVATE, "no_answer_to_a_peer_says_anything_of_the_student"),
            (PRIVATE, "no_message_on_a_terminal_says_anything_of_the_student"),
        ),
    ),
    Threat(
        "A24",
        "Files, databases and backups that tell where a protected student is",
        "What tells a place is labelled in the schema and is not kept of a protected student",
        (
            (SAFETY, "what_is_kept_of_a_protected_student_no_longer_tells_the_place"),
            (LIVE_SAFETY, "nothing_at_either_node_tells_where_a_protected_student_is"),
        ),
    ),
    Threat(
        "A25",
        "Whoever owns a node's store changes or cuts its log",
        "The log is a Merkle tree whose checkpoints are signed; the agency cosigns them and refuses another"
        " history; every receipt and its answer prove to the partner where they stand in the log",
        (
            (WITNESS, "a_log_that_was_rewritten_is_refused_and_both_sides_are_alarmed"),
            (WITNESS, "a_log_that_was_cut_or_rewritten_and_went_on_is_refused"),
            (WITNESS, "a_checkpoint_of_another_nodes_log_is_not_witnessed"),
            (WITNESS, "a_checkpoint_that_is_shown_again_changes_nothing"),
            (WITNESS, "a_cosignature_that_was_forged_is_not_kept"),
            (RECONCILE, "a_log_that_was_cut_since_it_proved_more_is_named"),
            (LOG, "whoever_changes_the_file_is_found_out"),
            (LOG, "a_leaf_that_was_changed_with_its_hashes_is_not_what_was_signed_for"),
            (LOG, "a_forged_proof_is_refused"),
            ("unit/log/test_merkle.py", "a_log_with_another_past_is_not_consistent"),
        ),
    ),
    Threat(
        "A26",
        "Somebody denies having asked, released or received",
        "Requests, records and receipts are signed and kept, byte for byte, with their chains; every night both"
        " sides compare what they know",
        (
            (RECONCILE, "a_message_that_the_holder_lost_is_named_on_both_sides"),
            (RECONCILE, "a_whole_transfer_that_the_requester_lost_is_named_at_both"),
            (RECONCILE, "nothing_is_told_of_transfers_of_others_or_made_up_ones"),
            (RECONCILE, "what_was_decided_here_is_not_in_the_answer"),
            (CYCLE, "every_message_is_kept_byte_for_byte_at_both_sides"),
            ("unit/cli/test_verify.py", "a_genuine_record_holds"),
            (LOG, "what_the_log_says_of_a_transfer_is_proven_offline"),
            ("unit/federation/test_chains.py", "an_archived_chain_is_proven_at_the_moment_it_was_used"),
        ),
    ),
    Threat(
        "A29",
        "The size of a record tells whose it is",
        "Sealed records come in size classes",
        ((SEALS, "a_sealed_record_tells_only_its_size_class"),),
    ),
    Threat(
        "A30",
        "A library that is not the one that was tested",
        "Every file of every dependency is locked by its hash",
        (("project/test_documents.py", "every_dependency_is_locked_with_hashes"),),
    ),
    Threat(
        "A35",
        "A correction by somebody else, of nothing that is known, or of an older state",
        "Keys and records are signed by the parties of the transfer; a correction names by digest what it"
        " replaces; a district's word is replaced by nothing but its own, newer one",
        (
            (REVIEW, "a_forged_key_opens_nothing"),
            (REVIEW, "a_key_that_comes_again_changes_nothing_and_one_that_nobody_waits_for_is_refused"),
            (REVIEW, "a_record_that_corrects_nothing_known_is_rejected_and_what_was_taken_in_stands"),
            (REVIEW, "a_node_that_is_not_the_holder_corrects_nothing"),
            (REVIEW, "who_hands_a_record_on_does_not_replace_what_another_district_said"),
            (REVIEW, "a_record_that_was_recalled_is_not_corrected"),
            (REVIEW, "a_receipt_for_the_version_before_is_no_receipt_for_the_correction"),
        ),
    ),
    Threat(
        "A36",
        "A correction tells of a silent hold, or of who is behind the next district",
        "It is announced when nothing keeps it here; each hop tells its own receivers and nobody else",
        (
            (REVIEW, "a_silent_hold_keeps_a_correction_here_and_the_other_side_sees_what_it_saw"),
            (CORRECTIONS, "each_hops_timeline_names_the_next_one_and_nobody_behind_it"),
        ),
    ),
    Threat(
        "A37",
        "A sealed part is forged, exchanged, withheld, or read where it is kept",
        "The record lists each part's digests; the part names its record, role and number; what is in it is"
        " locked under the node's key, and a bad part is refused without holding up the record",
        (
            (SEALED, "a_bad_part_is_refused_by_a_receipt_and_the_record_is_imported"),
            (SEALED, "a_part_that_is_never_handed_over_is_refused_and_does_not_block_the_record"),
            (SEALED, "a_part_is_handed_over_to_its_requester_only_while_its_record_is"),
            (SEALED, "a_receipt_for_another_part_settles_nothing"),
            (SEALED, "what_is_in_a_part_is_locked_in_the_receivers_database"),
            ("unit/crypto/test_vault.py", "what_was_locked_opens_under_the_same_label_and_key_only"),
            ("federation/test_live_sealed.py", "a_sealed_part_goes_to_one_role_and_its_receipt_comes_back"),
        ),
    ),
)

REQUIRED: Final = (
    *(f"F{number}" for number in range(1, 10)),
    *(f"O{number}" for number in range(1, 13)),
    *("O15", "A5", "A6", "A7", "A8", "A11"),
)


@cache
def functions(file: str) -> frozenset[str]:
    """Return the names of the functions in a file below `tests`."""
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def page() -> Iterator[str]:
    """Return the lines of the page."""
    yield "# Threats, and the tests for them"
    yield ""
    yield "Made by `python -m tests.project.test_threats`. F: federation; O: OAuth and tokens; A: application."
    yield "Each test is named as what it shows."
    yield ""
    yield "| | attack | what stands against it | shown by |"
    yield "|---|---|---|---|"
    for threat in THREATS:
        shown = "<br>".join(f"[{name.replace('_', ' ')}](../../tests/{file})" for file, name in threat.tests)
        yield f"| {threat.id} | {threat.attack} | {threat.answer} | {shown} |"


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.id)
def test_every_test_that_the_table_names_is_there(threat: Threat) -> None:
    missing = [(file, name) for file, name in threat.tests if f"test_{name}" not in functions(file)]

    assert threat.tests
    assert missing == []


def test_every_threat_of_the_federation_and_of_tokens_has_a_test() -> None:
    ids = [threat.id for threat in THREATS]

    assert set(REQUIRED) <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_name_that_is_no_test_would_be_noticed() -> None:
    assert "test_something_that_nobody_wrote" not in functions(GUARD)
    assert "test_a_bearer_token_is_no_token" in functions(GUARD)


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text("utf-8") == "\n".join(page()) + "\n"


if __name__ == "__main__":
    print("\n".join(page()))  # noqa: T201 - the page
