//! The list of cases, once: each kind of suite reads it.

/// Calls a macro of this crate with what it was given, and then the cases by what they need.
///
/// A case that stands in no group here is found by a test.
#[doc(hidden)]
#[macro_export]
macro_rules! storage_cases {
    ($callback:ident $given:tt) => {
        $crate::$callback! { @cases $given
            every: [
                addresses::an_address_is_given_or_refused,
                copy::copy_replaces,
                copy::a_copy_outlives_its_original,
                copy::a_copy_onto_itself_changes_nothing,
                copy::a_copy_of_nothing_is_an_error,
                delete::deleting_what_is_not_there_is_no_error,
                delete::deleting_leaves_the_neighbours,
                delete::a_deleted_key_is_gone,
                delete::thousands_of_keys_are_deleted_at_once,
                delete::deleting_no_keys_is_no_error,
                keys::odd_characters_in_keys_are_kept,
                keys::a_backslash_in_a_key_is_kept,
                keys::keys_are_told_apart_by_case_and_encoding,
                keys::a_key_that_is_no_path_is_refused,
                list::an_empty_place_lists_nothing,
                list::listing_comes_in_byte_order,
                list::listing_tells_sizes,
                list::a_time_that_is_told_is_that_of_the_write,
                list::listing_continues_after_a_key,
                list::listing_continues_after_a_key_that_is_gone,
                list::a_prefix_matches_inside_a_segment,
                list::a_prefix_with_a_slash_matches_one_folder,
                list::a_prefix_that_no_key_can_have_matches_nothing,
                list::a_prefix_with_an_empty_segment_matches_nothing,
                list::listing_pages_past_a_thousand_keys,
                list::a_full_page_with_nothing_after_it_is_the_last,
                races::a_reader_never_sees_half_a_write,
                races::a_put_survives_the_removal_of_its_neighbours,
                races::a_cancelled_put_happened_whole_or_not_at_all,
                read::a_missing_object_has_its_own_error,
                read::an_empty_object_is_an_object,
                read::a_range_gives_exactly_its_bytes,
                read::a_range_past_the_end_is_an_error,
                read::an_empty_range_inside_the_object_is_no_bytes,
                read::a_stream_gives_all_bytes,
                read::a_range_stream_gives_exactly_its_bytes,
                read::a_range_stream_past_the_end_is_an_error,
                streams::a_stream_is_stored_whole,
                streams::a_stream_of_forty_mebibytes_goes_both_ways,
                streams::an_empty_stream_is_an_empty_object,
                streams::a_stream_replaces_what_was_there,
                streams::a_failed_stream_leaves_nothing,
                streams::a_failed_stream_leaves_what_was_there,
                streams::a_dropped_stream_leaves_nothing,
                versions::a_version_changes_with_the_bytes,
                versions::a_version_is_the_same_in_every_answer,
                write::what_was_put_is_read_back,
                write::overwriting_replaces,
                write::an_error_names_the_operation_and_the_key,
                write::a_clone_of_the_handle_sees_the_same_objects,
            ]
            create_if_absent: [
                delete::a_deleted_key_can_be_created_again,
                write::what_was_created_is_read_back,
                write::a_second_creator_is_refused,
                write::a_refused_creator_is_told_of_which_key,
            ]
            race: [races::of_racing_creators_exactly_one_wins,]
            presign: [
                addresses::a_signed_address_reads_its_object,
                addresses::a_signed_address_writes_its_object,
                addresses::an_address_for_reading_does_not_write,
            ]
            nested_keys: [keys::a_key_may_go_on_where_another_ends,]
            missing_place: [
                place::a_missing_place_has_its_own_error,
                place::a_missing_place_takes_no_object,
            ]
            location: [place::the_location_opens_the_same_place,]
        }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_in_the_list() {
        let sources = [
            ("addresses", include_str!("addresses.rs")),
            ("copy", include_str!("copy.rs")),
            ("delete", include_str!("delete.rs")),
            ("keys", include_str!("keys.rs")),
            ("list", include_str!("list.rs")),
            ("place", include_str!("place.rs")),
            ("races", include_str!("races.rs")),
            ("read", include_str!("read.rs")),
            ("streams", include_str!("streams.rs")),
            ("versions", include_str!("versions.rs")),
            ("write", include_str!("write.rs")),
        ];
        let list = include_str!("cases.rs");
        let mut unlisted = Vec::new();
        for (topic, source) in sources {
            for case in source.split("pub async fn ").skip(1) {
                let name = format!("{topic}::{},", case.split('(').next().unwrap());
                if !list.contains(&name) {
                    unlisted.push(name);
                }
            }
        }
        assert_eq!(unlisted, Vec::<String>::new());
    }
}
