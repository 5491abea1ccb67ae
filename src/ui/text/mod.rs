//! Every word on the screens, typed: a text missing in one language does not compile.
//!
//! The words of services, questions, findings and promises are not here: they are data of the
//! rulebook, in both languages.

mod en;
mod zh;

use jiff::civil::Date;

use crate::domain::Language;
use crate::domain::identifier::IdentifierErrorKind;

/// The words of a language.
pub fn strings(language: Language) -> &'static Strings {
    match language {
        Language::Zh => &zh::STRINGS,
        Language::En => &en::STRINGS,
    }
}

/// What the rest of the program says in the middle of its sentences, such as the title of a fault, as
/// a sentence of its own: it begins with a capital.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

macro_rules! strings {
    (
        words { $($word:ident)* }
        sentences { $($sentence:ident: fn($($argument:ty),*))* }
    ) => {
        /// The words and sentences of one language.
        #[derive(Debug)]
        pub struct Strings {
            $(pub $word: &'static str,)*
            $(pub $sentence: fn($($argument),*) -> String,)*
        }

        impl Strings {
            /// Every word with its key, for the test that none is empty.
            pub fn words(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($word), self.$word)),*]
            }
        }
    };
}

strings! {
    words {
        // On every screen.
        product
        other_language
        large_print
        standard_print
        // Help.
        help
        help_title
        help_close
        help_aloud
        help_aloud_more
        help_contrast
        help_contrast_more
        help_large
        help_large_more
        help_call
        help_call_more
        help_called
        help_called_more
        switch_on
        switch_off
        // On every screen.
        next
        back
        end
        earlier
        later
        scroll_up
        scroll_down
        read_on
        yes
        no
        // The steps of a visit.
        step_choose
        step_identify
        step_business
        step_form
        step_promise
        step_result
        // Welcome.
        welcome_line
        welcome_touch
        welcome_proof
        welcome_proof_more
        welcome_register
        welcome_register_more
        welcome_time
        welcome_time_more
        welcome_here
        // Results, and the data receipt.
        results_button
        results_title
        results_finish
        results_lead
        results_nobody
        results_nobody_more
        results_unanswered
        results_unanswered_more
        results_nothing
        results_nothing_more
        results_copy
        results_elsewhere
        results_under_way
        data_button
        data_title
        data_lead
        data_print
        data_close
        data_none
        data_purpose
        data_rights
        data_card
        data_e_id
        data_e_licence
        data_unanswered
        data_refused
        data_no_business
        paper_data
        // Verifying a paper.
        verify_button
        verify_title
        verify_lead
        verify_hold
        verify_hold_more
        verify_no_scanner
        verify_no_scanner_more
        verify_result
        verify_compare
        verify_another
        verify_granted
        verify_holder
        verify_code
        verify_premises
        verify_foreign
        verify_foreign_more
        verify_forged
        verify_forged_more
        verify_otherwise
        verify_otherwise_more
        verify_asked
        verify_asked_more
        verify_offline
        verify_offline_more
        verify_silent
        verify_silent_more
        verify_new
        verify_new_more
        verify_unknown
        verify_unknown_more
        verify_valid
        verify_valid_more
        verify_not_yet
        verify_not_yet_more
        verify_expired
        verify_expired_more
        verify_changed
        verify_changed_more
        verify_cancelled
        verify_revoked
        verify_ended_more
        verify_damaged
        verify_damaged_more
        code_genuine
        code_forged
        code_key_unknown
        code_link
        code_foreign
        permit_food
        permit_filing
        permit_hygiene
        permit_hygiene_filing
        permit_combined
        // What does not work at the moment.
        limits_title
        limit_id_reader
        limit_scanner
        limit_receipt_printer
        limit_page_printer
        limit_connection
        // Out of service.
        start_title
        start_more
        out_title
        out_journal
        out_proof
        out_help
        // Choosing.
        choosing_title
        choosing_lead
        guide_tab
        guide_title
        guide_ask
        guide_needs_title
        guide_licence
        guide_filing
        guide_registration
        guide_nothing
        guide_other_organ
        guide_here_now
        guide_here_officers
        guide_here_nothing
        guide_begin
        // Telling.
        telling_title
        telling_bring
        telling_person
        telling_business
        telling_business_typed
        telling_conditions
        telling_privacy
        telling_privacy_more
        telling_privacy_rights
        telling_accept
        telling_here
        telling_limit
        telling_fee
        telling_result
        telling_validity
        telling_may_follow
        paper_register
        paper_here
        paper_bring
        paper_premises
        // Identifying.
        identify_title
        identify_lead
        identify_lead_card
        identify_lead_code
        identify_card
        identify_card_more
        identify_phone
        identify_phone_more
        identify_reading
        identify_reading_more
        identify_asking
        identify_asking_more
        identify_again
        card_pulled
        card_pulled_more
        card_unreadable
        card_unreadable_more
        card_other
        card_other_more
        card_implausible
        card_implausible_more
        code_unreadable
        code_unreadable_more
        code_too_long
        code_too_long_more
        code_refused
        code_refused_more
        code_expired
        code_expired_more
        identity_down
        identity_down_more
        // The business.
        business_title
        business_lead
        business_code
        business_code_more
        business_no_scanner
        business_type
        business_type_more
        business_asking
        business_asking_more
        business_identified
        business_known
        identify_known
        licence_not
        licence_not_more
        licence_expired
        licence_expired_more
        licence_used
        licence_used_more
        licence_down
        licence_down_more
        business_unknown
        business_unknown_more
        uscc_title
        uscc_lead
        uscc_symbols
        uscc_right
        uscc_wrong
        uscc_ask
        // The registers.
        looking_title
        looking_why
        register_business
        register_food
        register_district
        look_up_asked
        look_up_answered
        look_up_down
        look_up_stale
        // The form.
        registered_title
        registered_lead
        registered_next
        choose_one
        choose_any
        choose_any_optional
        choose_yes_no
        answer_first
        choose_letters_first
        check_title
        check_lead
        check_unanswered
        check_none
        check_mend
        check_confirm
        person_title
        person_more
        person_on
        person_off
        // Keys.
        key_delete
        key_clear
        key_space
        key_shift
        key_pinyin
        key_latin
        pinyin_hint
        // The promise.
        promise_lead
        promise_here
        promise_clear
        promise_sign
        promise_unsigned
        promise_person
        // The decision.
        recording_title
        recording_lead
        not_recorded_title
        not_recorded_more
        verdict_stop
        verdict_stop_more
        verdict_refuse
        verdict_refuse_more
        verdict_not_competent
        verdict_not_competent_more
        verdict_not_required
        verdict_not_required_more
        verdict_new
        verdict_new_more
        verdict_too_early
        verdict_too_early_more
        verdict_fix
        verdict_fix_more
        verdict_supplement
        verdict_supplement_more
        verdict_onsite
        verdict_onsite_more
        verdict_refer
        verdict_refer_more
        verdict_partial
        verdict_partial_more
        verdict_registration
        verdict_registration_more
        verdict_file
        verdict_file_more
        verdict_issue
        verdict_issue_more
        granted_change
        granted_change_more
        granted_renew
        granted_renew_more
        granted_reissue
        granted_reissue_more
        granted_cancel
        granted_cancel_more
        finding_do
        finding_provisional
        decision_number
        decision_issued
        decision_valid_to
        decision_no_end
        decision_parts_end
        decision_scan
        decision_application
        decision_papers
        decision_correct
        decision_finish
        paper_original
        paper_copy
        paper_receipt
        paper_slip
        paper_waiting
        paper_unknown
        paper_not_available
        paper_held_more
        // The drawn machine.
        machine_certificates
        machine_receipts
        // The rating.
        rating_title
        rating_lead
        rating_5
        rating_4
        rating_3
        rating_2
        rating_1
        rating_decline
        // The end.
        done_title
        done_take
        done_document
        done_phone
        done_papers
        done_leave
        done_wait
        done_printing
        ended_cancelled
        ended_cancelled_more
        ended_timed_out
        ended_timed_out_more
        ended_too_long
        ended_too_long_more
        ended_wiped
        ended_again
        // Overlays.
        still_there
        still_here
        end_title
        end_more
        end_more_decided
        end_stay
        end_confirm
        // The day picker.
        weekday_1
        weekday_2
        weekday_3
        weekday_4
        weekday_5
        weekday_6
        weekday_7
        date_today
        month_earlier
        month_later
        // The console of the staff.
        console_title
        console_sign_out
        console_name_title
        console_name_lead
        console_name_next
        console_pin_title
        console_pin_enter
        console_checking
        console_wrong
        console_locked
        console_no_staff
        console_no_staff_more
        console_no_visit
        role_attendant
        role_technician
        tab_overview
        tab_papers
        tab_rulebook
        tab_central
        tab_numbers
        tab_devices
        tab_about
        ready
        not_ready
        no_faults
        fixer_applicant
        fixer_attendant
        fixer_technician
        fixer_maker
        emptied_page
        emptied_receipt
        papers_none
        papers_lead
        papers_before_start
        papers_serial
        papers_sent
        papers_counter
        settle_complete
        settle_spoiled
        settle_nothing
        settle_confirm
        settle_again
        settle_no_more
        not_done
        rulebook_active
        rulebook_none
        rulebook_issued
        rulebook_refresh_by
        rulebook_reject_after
        rulebook_digest
        rulebook_stale
        rulebook_expired
        rulebook_refused
        rulebook_refused_none
        rulebook_unsigned
        rulebook_kept
        central_connected
        central_silent
        central_unknown
        central_heard
        central_sent
        central_waiting
        central_oldest
        central_error
        central_suspended
        central_odd
        numbers_left
        numbers_low
        evidence_title
        evidence_lead
        evidence_today
        evidence_all
        evidence_end
        evidence_whole
        evidence_folder
        evidence_size
        evidence_digest
        evidence_again
        evidence_sealed
        evidence_opens
        evidence_no_stick
        evidence_full
        evidence_full_more
        evidence_read_only
        evidence_read_only_more
        evidence_pulled_out
        evidence_pulled_out_more
        evidence_ended
        evidence_nothing_left
        evidence_failed
        evidence_failed_journal
        evidence_failed_record
        evidence_failed_key
        evidence_failed_stick
        leaving_title
        leaving_lead
        leaving_no_line
        leaving_elsewhere
        leaving_replaced
        leaving_given_up
        leaving_confirm
        leaving_issues_nothing
        numbers_out
        device_id_reader
        device_scanner
        device_receipt_printer
        device_page_printer
        device_panel
        health_none
        health_starting
        health_ready
        health_busy
        health_offline
        health_applicant
        device_model
        device_pages
        device_cuts
        // The technician's work at the devices, and the paper in the trays.
        work_find
        work_finding
        work_nothing
        work_silent
        work_use
        work_seen
        work_test
        work_settings
        work_keep
        work_trying
        work_taken_up
        work_rolled_back
        work_refused
        work_lay_card
        work_show_code
        work_take_paper
        work_passed
        work_timed_out
        why_title
        why_set_up
        why_replaced
        why_moved
        why_adjusted
        trays_title
        trays_lead
        trays_none
        tray_count
        tray_spoil
        tray_first
        tray_last
        about_kiosk
        about_place
        about_software
        about_life
        about_started
        about_clock
        about_clock_unknown
        about_disk
        about_unknown
        series_food_1
        series_food_2
        series_food_3
        series_filing_1
        series_filing_2
        series_hygiene
        series_other
    }
    sentences {
        guide_other: fn(&str, &str)
        help_phone: fn(&str)
        guide_why: fn(&str, &str)
        telling_when: fn(&str, &str)
        step: fn(u8, u8)
        page: fn(usize, usize)
        issuer: fn(&str)
        date: fn(Date)
        month: fn(i16, i8)
        privacy: fn(&str)
        person: fn(&str, &str)
        question: fn(usize, usize)
        source: fn(&str)
        registers_answered: fn(usize, usize)
        uscc_missing: fn(usize)
        uscc_problem: fn(IdentifierErrorKind)
        number_range: fn(i64, i64, &str)
        characters_left: fn(usize)
        due: fn(&str)
        finding_article: fn(&str)
        paper_printing: fn(&str)
        paper_printed: fn(&str)
        paper_held: fn(&str)
        paper_held_attendant: fn(&str)
        still_there_more: fn(u64)
        ends_in: fn(u64)
        findings: fn(usize)
        since: fn(&str)
        fixed_by: fn(&str)
        tries_left: fn(u32)
        locked_until: fn(&str)
        faults_stand: fn(usize)
        work_asking: fn(&str, usize, usize)
        settings_line: fn(usize)
        looking_lead: fn(u64)
        usb_socket: fn(&str)
        tray: fn(u64, u64, u64)
        leaving_follows: fn(u64)
        evidence_days: fn(u16)
        evidence_writing: fn(u64, u64)
        evidence_taken: fn(u64, u64)
        evidence_mount: fn(&str)
        records_of: fn(u64, u64)
        records: fn(u64)
        data_stood_in: fn(&str)
        data_supervision: fn(usize, usize)
        data_district: fn(bool, usize)
        signed_in_as: fn(&str, &str)
    }
}
