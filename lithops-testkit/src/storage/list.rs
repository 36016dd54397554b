//! Listing by prefix, in order, page by page.

use std::time::{SystemTime, UNIX_EPOCH};

use lithops_core::ports::ListPage;

use super::{Storage, listed, put, put_all};

/// Nothing is there, and asking does not change that.
pub async fn an_empty_place_lists_nothing(storage: Storage) {
    assert_eq!(storage.list("", None).await.unwrap(), ListPage::default());
    assert_eq!(storage.list("a/b", Some("a/b/c")).await.unwrap(), ListPage::default());
}

/// A slash is a character like any other, so `a.x` (0x2e) comes before `a/x` (0x2f).
pub async fn listing_comes_in_byte_order(storage: Storage) {
    let keys = ["B", "a.x", "a/b.c", "a/b/c", "a/b0", "a0", "b", "b-1", "b!/c"].map(str::to_owned);
    put_all(&storage, &keys).await;
    let expected = ["B", "a.x", "a/b.c", "a/b/c", "a/b0", "a0", "b", "b!/c", "b-1"];
    assert_eq!(listed(&storage, "", None).await, expected);
}

/// Sizes are those of the objects.
pub async fn listing_tells_sizes(storage: Storage) {
    put(&storage, "a", "").await;
    put(&storage, "b/c", "four").await;
    let page = storage.list("", None).await.unwrap();
    let sizes: Vec<_> = page.objects.iter().map(|o| (o.key.as_str(), o.size)).collect();
    assert_eq!((sizes.as_slice(), page.more), (&[("a", 0), ("b/c", 4)][..], false));
}

/// Where a storage tells times, by whatever request, they are of now: clocks differ, but not by days.
pub async fn a_time_that_is_told_is_that_of_the_write(storage: Storage) {
    put(&storage, "a", "1").await;
    let listed = storage.list("", None).await.unwrap().objects.remove(0).modified;
    let asked = storage.head("a").await.unwrap().modified;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for told in [listed, asked].into_iter().flatten() {
        assert!(told.abs_diff(now) < 86_400, "{told}, not {now}");
    }
}

/// The key itself is left out.
pub async fn listing_continues_after_a_key(storage: Storage) {
    let keys = ["a", "b/1", "b/2", "b0", "c"].map(str::to_owned);
    put_all(&storage, &keys).await;
    assert_eq!(listed(&storage, "", Some("b/1")).await, ["b/2", "b0", "c"]);
    assert_eq!(listed(&storage, "b/", Some("b/1")).await, ["b/2"]);
    assert_eq!(listed(&storage, "b", Some("b/2")).await, ["b0"]);
    assert_eq!(listed(&storage, "", Some("c")).await, [""; 0]);
}

/// `after` is a point in the order and need not be a key.
pub async fn listing_continues_after_a_key_that_is_gone(storage: Storage) {
    let keys = ["a/1", "a/3", "b/1"].map(str::to_owned);
    put_all(&storage, &keys).await;
    assert_eq!(listed(&storage, "", Some("a/2")).await, ["a/3", "b/1"]);
    assert_eq!(listed(&storage, "", Some("a/")).await, ["a/1", "a/3", "b/1"]);
    assert_eq!(listed(&storage, "", Some("a/1/x")).await, ["a/3", "b/1"]);
    assert_eq!(listed(&storage, "b", Some("a/9")).await, ["b/1"]);
    assert_eq!(listed(&storage, "a", Some("b")).await, [""; 0]);
}

/// A prefix is any string.
pub async fn a_prefix_matches_inside_a_segment(storage: Storage) {
    let keys = ["job-1/a", "job-1/b", "job-10/a", "job-2/a", "jo"].map(str::to_owned);
    put_all(&storage, &keys).await;
    assert_eq!(listed(&storage, "job-1", None).await, ["job-1/a", "job-1/b", "job-10/a"]);
    assert_eq!(listed(&storage, "job-1/b", None).await, ["job-1/b"]);
    assert_eq!(listed(&storage, "jo", None).await.len(), 5);
    assert_eq!(listed(&storage, "job-3", None).await, [""; 0]);
}

/// What only starts alike is left out.
pub async fn a_prefix_with_a_slash_matches_one_folder(storage: Storage) {
    let keys = ["a/b/c", "a/b/d/e", "a/bc", "ab"].map(str::to_owned);
    put_all(&storage, &keys).await;
    assert_eq!(listed(&storage, "a/b/", None).await, ["a/b/c", "a/b/d/e"]);
    assert_eq!(listed(&storage, "a/b/c/", None).await, [""; 0]);
}

/// Such a prefix is no error, and does not lead out of the place.
pub async fn a_prefix_that_no_key_can_have_matches_nothing(storage: Storage) {
    put(&storage, "a/b", "1").await;
    for prefix in ["/", "/a", "../", "..", "a/../a/", "./a"] {
        assert_eq!(listed(&storage, prefix, None).await, [""; 0], "{prefix:?}");
    }
}

/// Two slashes are not one.
pub async fn a_prefix_with_an_empty_segment_matches_nothing(storage: Storage) {
    put(&storage, "a/b", "1").await;
    for prefix in ["a//", "a//b"] {
        assert_eq!(listed(&storage, prefix, None).await, [""; 0], "{prefix:?}");
    }
}

/// Each page ends where the next begins.
pub async fn listing_pages_past_a_thousand_keys(storage: Storage) {
    let keys: Vec<_> = (0..2003).map(|n| format!("many/{}/{n:04}", n % 3)).collect();
    put_all(&storage, &keys).await;
    let mut expected = keys;
    expected.sort_unstable();

    let mut sizes = Vec::new();
    let mut found: Vec<String> = Vec::new();
    loop {
        let page = storage.list("many/", found.last().map(String::as_str)).await.unwrap();
        sizes.push(page.objects.len());
        found.extend(page.objects.into_iter().map(|object| object.key));
        if !page.more {
            break;
        }
    }
    assert_eq!(sizes, [ListPage::MAX, ListPage::MAX, 3]);
    assert_eq!(found, expected);
}

/// No further request is needed to learn that nothing follows.
pub async fn a_full_page_with_nothing_after_it_is_the_last(storage: Storage) {
    let keys: Vec<_> = (0..ListPage::MAX).map(|n| format!("{n:04}")).collect();
    put_all(&storage, &keys).await;
    put(&storage, "other", "").await;
    let page = storage.list("0", None).await.unwrap();
    assert_eq!((page.objects.len(), page.more), (ListPage::MAX, false));
    let page = storage.list("", None).await.unwrap();
    assert_eq!((page.objects.len(), page.more), (ListPage::MAX, true));
}
