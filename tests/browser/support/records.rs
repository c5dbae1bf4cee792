//! Hands that reach into a queue's database.

use indexed_db_futures::database::Database;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::TransactionMode;
use js_sys::Function;
use wasm_bindgen::JsValue;

/// One record; `None` when there is none under that key.
pub async fn read(queue: &str, store: &str, key: &str) -> Option<JsValue> {
    let database = open(queue).await;
    let transaction = database.transaction([store]).build().expect("a store of the queue");
    let objects = transaction.object_store(store).expect("a store of the transaction");
    let record = objects.get(key).primitive().expect("a key").await.expect("a readable record");
    drop(objects);
    drop(transaction);
    database.close();
    record
}

/// The keys of a store.
pub async fn keys(queue: &str, store: &str) -> Vec<String> {
    let database = open(queue).await;
    let transaction = database.transaction([store]).build().expect("a store of the queue");
    let objects = transaction.object_store(store).expect("a store of the transaction");
    let keys = objects.get_all_keys::<String>().primitive().expect("a request").await;
    let keys = keys.expect("readable keys").map(|key| key.expect("a text")).collect();
    drop(objects);
    drop(transaction);
    database.close();
    keys
}

/// Puts a record in place of another.
pub async fn write(queue: &str, store: &str, key: &str, record: JsValue) {
    let database = open(queue).await;
    let transaction = database
        .transaction([store])
        .with_mode(TransactionMode::Readwrite)
        .build()
        .expect("a store of the queue");
    let objects = transaction.object_store(store).expect("a store of the transaction");
    let put = objects.put(record).with_key(key).primitive().expect("a record and its key");
    put.await.expect("a writable store");
    drop(objects);
    transaction.commit().await.expect("a transaction of our own");
    database.close();
}

/// Opens the database in this version, as another build does, and closes it.
pub async fn create(queue: &str, version: u8) {
    let opened = Database::open(name(queue)).with_version(version).await;
    opened.expect("a version that is no older").close();
}

/// The version of the database.
pub async fn version(queue: &str) -> f64 {
    let database = open(queue).await;
    let version = database.version();
    database.close();
    version
}

/// Whether every transaction fails from here on, in any database.
pub fn refuse_transactions(refuse: bool) {
    let script = if refuse {
        "IDBDatabase.prototype.transactionOfTest = IDBDatabase.prototype.transaction; \
         IDBDatabase.prototype.transaction = () => { \
             throw new DOMException('refused by the test', 'UnknownError'); };"
    } else {
        "IDBDatabase.prototype.transaction = IDBDatabase.prototype.transactionOfTest;"
    };
    Function::new_no_args(script).call0(&JsValue::UNDEFINED).expect("a script that runs");
}

/// Deletes a record.
pub async fn delete(queue: &str, store: &str, key: &str) {
    let database = open(queue).await;
    let transaction = database
        .transaction([store])
        .with_mode(TransactionMode::Readwrite)
        .build()
        .expect("a store of the queue");
    let objects = transaction.object_store(store).expect("a store of the transaction");
    objects.delete(key).primitive().expect("a key").await.expect("a writable store");
    drop(objects);
    transaction.commit().await.expect("a transaction of our own");
    database.close();
}

/// Deletes the database. Nobody may have it open.
pub async fn remove(queue: &str) {
    let deleted = Database::delete_by_name(&name(queue)).expect("a request");
    deleted.await.expect("a database that can be deleted");
}

async fn open(queue: &str) -> Database {
    Database::open(name(queue)).await.expect("the database of a queue")
}

fn name(queue: &str) -> String {
    format!("qmgr:{queue}")
}
