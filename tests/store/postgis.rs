//! The shared store: PostgreSQL with PostGIS.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use servicemap::store::{Batch, PostGis, Store, StoreError};

use crate::cluster::Cluster;
use crate::crash;
use crate::records::{point, replayed};
use crate::suite::{CITY, Place, suite};

impl Place for Cluster {
    fn new() -> Self {
        Self::start()
    }

    fn open_for(&self, city: &str) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(PostGis::open(&self.address(), city)?))
    }

    fn first_format() -> String {
        format!(
            "CREATE EXTENSION postgis; CREATE TABLE servicemap_format (version bigint PRIMARY KEY, \
               at timestamptz NOT NULL, program text NOT NULL); \
             CREATE TABLE servicemap_city (id text NOT NULL); \
             INSERT INTO servicemap_city VALUES ('{CITY}'); {} \
             INSERT INTO servicemap_format VALUES (1, now(), '0.1.0'); \
             UPDATE servicemap_head SET seq = 1;",
            include_str!("../../src/store/postgis/0001.sql")
        )
    }

    fn point_of_the_first_format() -> &'static str {
        "ST_SetSRID(ST_MakePoint(116.4, 39.9), 4326)"
    }

    fn sql(&self, sql: &str) -> Result<(), String> {
        let said = |e: postgres::Error| {
            e.as_db_error().map_or_else(|| e.to_string(), |db| db.message().to_owned())
        };
        let mut client = connect(self);
        client.batch_execute(sql).map_err(said)
    }
}

fn connect(cluster: &Cluster) -> postgres::Client {
    postgres::Client::connect(&cluster.address(), postgres::NoTls).unwrap()
}

suite!(Cluster);

#[test]
fn a_slow_transaction_is_not_overtaken() {
    let cluster = Cluster::start();
    let store = cluster.open();
    // Another server takes number 1 and is slow to commit.
    let mut slow = connect(&cluster);
    let mut slow = slow.transaction().unwrap();
    slow.execute("SELECT seq FROM servicemap_head FOR UPDATE", &[]).unwrap();
    let servicemap::store::Record::Point(record) = point("slow", "slow") else { unreachable!() };
    let document = serde_json::to_string(&record);
    slow.execute(
        "INSERT INTO change VALUES (1, now(), 'slow', 'point', 'slow', 'put', NULL, $1::text::json)",
        &[&document.unwrap()],
    )
    .unwrap();
    slow.execute("UPDATE servicemap_head SET seq = 1", &[]).unwrap();
    thread::scope(|scope| {
        let fast = scope.spawn(|| store.write(Batch::by("fast").put(point("fast", "fast"))));
        // However long it waits, nobody sees the later change before the earlier one.
        thread::sleep(Duration::from_millis(300));
        assert!(!fast.is_finished());
        assert_eq!((store.head().unwrap(), store.changes(0, 9).unwrap().len()), (0, 0));
        slow.commit().unwrap();
        assert_eq!(fast.join().unwrap().unwrap().seq, 2);
    });
    let seen: Vec<_> = store.changes(0, 9).unwrap().into_iter().map(|c| (c.seq, c.actor)).collect();
    assert_eq!(seen, [(1, "slow".to_owned()), (2, "fast".to_owned())]);
}

#[test]
fn several_servers_may_serve() {
    let cluster = Cluster::start();
    let (first, second) = (cluster.open(), cluster.open());
    let _kept = (first.serve().unwrap(), second.serve().unwrap());
}

#[test]
fn a_password_is_never_shown() {
    let error = PostGis::open("postgres://me:secret@127.0.0.1:1/city", CITY).err().unwrap();
    assert!(error.is_temporary() && !error.to_string().contains("secret"), "{error}");
}

#[test]
fn a_database_of_another_program_is_refused_untouched() {
    let cluster = Cluster::start();
    cluster.sql("CREATE TABLE points (x int)").unwrap();
    let error = cluster.open_for(CITY).err().unwrap().to_string();
    assert!(error.contains("tables of another program"), "{error}");
    cluster.sql("SELECT x FROM points").unwrap();
}

/// Writers and a reader go on by themselves after the database was killed; what was
/// acknowledged is there, and nobody saw anything twice or out of order.
#[test]
fn a_killed_database_loses_nothing_acknowledged_and_service_resumes() {
    const KILLS: usize = 3;
    let mut cluster = Cluster::start();
    let (store, reader) = (cluster.open(), cluster.open());
    let done = AtomicBool::new(false);
    let last = Mutex::new(BTreeMap::new());
    let (refused, written) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let writers = [0, 1, 2_usize].map(|thread| {
            let (store, done, last, refused) = (&store, &done, &last, &refused);
            scope.spawn(move || {
                let mut n = 0;
                while !done.load(Ordering::SeqCst) {
                    match store.write(crash::batch(0, thread, n)) {
                        Ok(_) => {
                            last.lock().unwrap().insert(thread, n);
                            n += 1;
                        }
                        Err(e) => {
                            assert!(e.is_temporary(), "a client may come again: {e}");
                            refused.store(true, Ordering::SeqCst);
                            thread::sleep(Duration::from_millis(20));
                        }
                    }
                }
            })
        });
        let reading = scope.spawn(|| {
            let mut seq = 0;
            loop {
                let ending = written.load(Ordering::SeqCst);
                let changes = match reader.wait(seq, Duration::from_millis(50)) {
                    Ok(_) => reader.changes(seq, 1000),
                    Err(e) => Err(e),
                };
                match changes {
                    Ok(changes) if changes.is_empty() && ending => return seq,
                    Ok(changes) => {
                        for change in changes {
                            assert_eq!(change.seq, seq + 1);
                            seq = change.seq;
                        }
                    }
                    Err(e) => assert!(e.is_temporary(), "{e}"),
                }
            }
        });
        for _ in 0..KILLS {
            let before = last.lock().unwrap().clone();
            thread::sleep(Duration::from_millis(400));
            cluster.kill();
            thread::sleep(Duration::from_millis(200));
            cluster.restart();
            while *last.lock().unwrap() == before {
                thread::sleep(Duration::from_millis(10));
            }
        }
        done.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.join().unwrap();
        }
        written.store(true, Ordering::SeqCst);
        let seen = reading.join().unwrap();
        assert_eq!(seen, store.head().unwrap(), "the reader has seen everything");
    });
    assert!(refused.into_inner(), "meanwhile clients were told to come again");
    let records = store.load().unwrap();
    crash::assert_whole(&records, &[last.into_inner().unwrap()]);
    assert_eq!(replayed(store.as_ref()), records);
}

#[test]
fn a_writer_killed_two_hundred_times_loses_nothing_acknowledged() {
    if let Some((run, address)) = crash::told() {
        let store = PostGis::open(&address, CITY).unwrap();
        return crash::write_until_killed(&store, run);
    }
    let cluster = Cluster::start();
    let test = "postgis::a_writer_killed_two_hundred_times_loses_nothing_acknowledged";
    crash::survive(test, &cluster.address(), 200, || cluster.open());
}
