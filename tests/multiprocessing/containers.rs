//! Lists, dictionaries and namespaces.

use lithops::multiprocessing::{Dict, List, MultiprocessingError, Namespace, Pool, Result};

use crate::world::World;

crate::cases! {
    a_list_is_changed_by_all,
    items_are_put_and_taken_inside_a_list,
    a_dictionary_is_changed_by_all,
    a_default_is_set_once,
    a_namespace_has_values_of_any_type,
}

fn a_list_is_changed_by_all(world: &World) {
    let list = List::over(&world.context).unwrap();
    assert!(list.is_empty().unwrap());
    let push = |list: List<u32>, item: u32| list.push(item);
    let arguments = (0..20).map(|item| (list.clone(), item));
    Pool::over(&world.context).starmap(push, arguments).unwrap();
    let mut items = list.to_vec().unwrap();
    items.sort();
    assert_eq!(items, (0..20).collect::<Vec<_>>());
    list.clear().unwrap();
    assert_eq!(list.len().unwrap(), 0);
    assert_eq!(list.pop().unwrap(), None);
    list.extend(0..2500).unwrap();
    assert_eq!(list.len().unwrap(), 2500);
    assert_eq!(list.pop().unwrap(), Some(2499));
    list.extend([]).unwrap();
    assert_eq!(list.len().unwrap(), 2499);
}

fn items_are_put_and_taken_inside_a_list(world: &World) {
    let list = List::over(&world.context).unwrap();
    list.extend(["b", "d"].map(String::from)).unwrap();
    list.insert(0, "a".to_owned()).unwrap();
    list.insert(2, "c".to_owned()).unwrap();
    list.insert(4, "e".to_owned()).unwrap();
    assert_eq!(list.to_vec().unwrap().concat(), "abcde");
    assert_eq!(list.remove(1).unwrap(), "b");
    list.set(0, "A".to_owned()).unwrap();
    assert_eq!(list.get(0).unwrap().as_deref(), Some("A"));
    assert_eq!(list.get(4).unwrap(), None);
    assert_eq!(list.to_vec().unwrap().concat(), "Acde");
    let out_of_range = [
        list.insert(5, String::new()).unwrap_err(),
        list.set(5, String::new()).unwrap_err(),
        list.remove(5).unwrap_err(),
    ];
    for error in out_of_range {
        assert!(matches!(error, MultiprocessingError::OutOfRange { index: 5, len: 4 }), "{error}");
    }
}

fn a_dictionary_is_changed_by_all(world: &World) {
    let dict = Dict::over(&world.context).unwrap();
    let insert = |dict: Dict<(String, u8), u32>, value: u32| {
        dict.insert(("key".to_owned(), value as u8 % 4), value).map(drop)
    };
    let arguments = (0..8).map(|value| (dict.clone(), value));
    Pool::over(&world.context).starmap(insert, arguments).unwrap();
    let mut keys: Vec<u8> = dict.keys().unwrap().into_iter().map(|(_, number)| number).collect();
    keys.sort();
    assert_eq!(keys, [0, 1, 2, 3]);
    assert!(dict.items().unwrap().into_iter().all(|((_, key), value)| value as u8 % 4 == key));
    let key = ("key".to_owned(), 1);
    assert_eq!(dict.insert(key.clone(), 99).unwrap().map(|before| before % 4), Some(1));
    assert_eq!(dict.get(&key).unwrap(), Some(99));
    assert!(dict.contains_key(&key).unwrap());
    assert_eq!(dict.remove(&key).unwrap(), Some(99));
    assert_eq!(dict.remove(&key).unwrap(), None);
    assert_eq!(dict.get(&key).unwrap(), None);
    assert!(!dict.contains_key(&key).unwrap());
    assert_eq!((dict.len().unwrap(), dict.values().unwrap().len()), (3, 3));
    dict.clear().unwrap();
    assert!(dict.is_empty().unwrap());
}

fn a_default_is_set_once(world: &World) {
    let dict = Dict::over(&world.context).unwrap();
    let default = |dict: Dict<String, u32>, value: u32| dict.get_or_insert("key".to_owned(), value);
    let arguments = (0..8).map(|value| (dict.clone(), value));
    let seen: Vec<u32> = Pool::over(&world.context).starmap(default, arguments).unwrap();
    let value = dict.get(&"key".to_owned()).unwrap().unwrap();
    assert_eq!(seen, [value; 8]);
}

fn a_namespace_has_values_of_any_type(world: &World) {
    let namespace = Namespace::over(&world.context).unwrap();
    namespace.set("count", 3u32).unwrap();
    namespace.set("names", vec!["a".to_owned()]).unwrap();
    let read = |namespace: Namespace| -> Result<(Option<u32>, Option<Vec<String>>)> {
        let count: Option<u32> = namespace.get("count")?;
        let names: Option<Vec<String>> = namespace.get("names")?;
        Ok((count, names))
    };
    let read = Pool::over(&world.context).apply(read, (namespace.clone(),)).unwrap();
    assert_eq!(read, (Some(3), Some(vec!["a".to_owned()])));
    assert!(matches!(namespace.get::<u32>("names"), Err(MultiprocessingError::Value(_))));
    assert!(namespace.remove("count").unwrap());
    assert!(!namespace.remove("count").unwrap());
    assert_eq!(namespace.get::<u32>("count").unwrap(), None);
}
