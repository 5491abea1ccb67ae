//! A permit book in PostgreSQL as earlier software left it: opened, it has everything and is like a new one.

use permit_kiosk::central::store;
use permit_kiosk::config::PermitBook;
use sha2::{Digest as _, Sha256};

use super::cluster::{Cluster, Server};

/// The tables as each version of the software made them.
const SCHEMAS: [&str; 4] = [
    include_str!("../../src/central/store/postgres/schema_1.sql"),
    include_str!("../../src/central/store/postgres/schema_2.sql"),
    include_str!("../../src/central/store/postgres/schema_3.sql"),
    include_str!("../../src/central/store/postgres/schema_4.sql"),
];

/// One database of the shared server.
struct Database<'a> {
    server: &'a Server,
    address: String,
}

impl<'a> Database<'a> {
    fn new(cluster: &'a Cluster) -> Self {
        Self { server: &cluster.server, address: cluster.database() }
    }

    fn run(&self, sql: &str) -> Vec<String> {
        let name = self.address.rsplit('/').next().unwrap();
        self.server.run(name, sql).lines().map(str::to_owned).collect()
    }

    /// Opens it as central does; why it was refused otherwise.
    async fn open(&self) -> Result<(), String> {
        let book = PermitBook::Postgres { address: self.address.clone(), password: None };
        store::open(&book).await.map(drop).map_err(|error| error.to_string())
    }

    /// As the software of an earlier version left it.
    fn of_version(&self, version: usize) {
        self.run(
            "CREATE TABLE migrations (
                 version BIGINT NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL,
                 at TIMESTAMPTZ NOT NULL DEFAULT now()
             )",
        );
        for (number, schema) in (1..=version).zip(SCHEMAS) {
            self.run(schema);
            let digest = hex::encode(Sha256::digest(schema));
            self.run(&format!("INSERT INTO migrations VALUES ({number}, '{digest}')"));
        }
    }

    /// Tables by name, kiosks first: the others name one.
    fn tables(&self) -> Vec<String> {
        self.run(
            "SELECT tablename FROM pg_tables
             WHERE schemaname = 'public' AND tablename <> 'migrations'
             ORDER BY tablename <> 'kiosks', tablename",
        )
    }

    /// Two rows in every table, whatever its columns are.
    fn fill(&self) {
        for table in self.tables() {
            let columns = self.run(&format!(
                "SELECT column_name || ' ' || data_type FROM information_schema.columns
                 WHERE table_name = '{table}' AND is_identity = 'NO' ORDER BY ordinal_position"
            ));
            for row in [1, 2] {
                let value =
                    |column: &String| match (table.as_str(), column.split_once(' ').unwrap()) {
                        ("kiosks", ("id", _)) => format!("'k{row}'"),
                        (_, ("kiosk", _)) => "'k1'".to_owned(),
                        ("data_keys", ("stage", _)) => "'decided'".to_owned(),
                        ("numbers", ("fate", _)) => "'frozen'".to_owned(),
                        ("permits", ("kind", _)) => "'hygiene'".to_owned(),
                        ("permits", ("status", _)) => "'cancelled'".to_owned(),
                        ("look_ups", ("outcome", _)) => "'down'".to_owned(),
                        (_, (_, "bigint")) => row.to_string(),
                        (_, (_, "boolean")) => "true".to_owned(),
                        (_, (column, _)) => format!("'{table} {column} {row}'"),
                    };
                let values: Vec<String> = columns.iter().map(value).collect();
                let names: Vec<&str> =
                    columns.iter().map(|column| column.split_once(' ').unwrap().0).collect();
                let (names, values) = (names.join(", "), values.join(", "));
                self.run(&format!("INSERT INTO {table} ({names}) VALUES ({values})"));
            }
        }
    }

    fn rows(&self, table: &str) -> Vec<String> {
        self.run(&format!("SELECT to_jsonb(t) FROM {table} AS t ORDER BY 1"))
    }

    /// Columns, what they must satisfy, and indexes.
    fn schema(&self) -> Vec<String> {
        self.run(
            "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
             FROM information_schema.columns WHERE table_schema = 'public'
             UNION ALL
             SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace
             UNION ALL
             SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
             ORDER BY 1",
        )
    }
}

#[tokio::test]
async fn every_older_book_moves_forward_with_all_it_has() {
    let Some(cluster) = Cluster::shared() else { return };
    let fresh = Database::new(&cluster);
    fresh.open().await.unwrap();
    let wanted = fresh.schema();
    for version in 1..SCHEMAS.len() {
        let old = Database::new(&cluster);
        old.of_version(version);
        old.fill();
        let tables = old.tables();
        let kept = || tables.iter().map(|table| old.rows(table)).collect::<Vec<_>>();
        let before = kept();
        assert!(before.iter().all(|rows| rows.len() == 2), "{before:#?}");
        old.open().await.unwrap();
        assert_eq!(kept(), before, "version {version} lost something");
        assert_eq!(old.schema(), wanted, "version {version} has become another book");
        // Opened again, nothing happens.
        old.open().await.unwrap();
        assert_eq!(old.run("SELECT count(*) FROM migrations"), ["4"]);
    }
}

#[tokio::test]
async fn a_book_of_later_or_other_software_is_not_touched() {
    let Some(cluster) = Cluster::shared() else { return };
    let later = Database::new(&cluster);
    later.open().await.unwrap();
    later.run("INSERT INTO migrations VALUES (5, 'of later software')");
    let refused = later.open().await.unwrap_err();
    assert_eq!(refused, "the permit book has version 5, this software knows up to 4");

    let other = Database::new(&cluster);
    other.of_version(2);
    other.run("UPDATE migrations SET sha256 = 'another text' WHERE version = 2");
    let before = other.schema();
    let refused = other.open().await.unwrap_err();
    assert!(refused.contains("were not made by this software"), "{refused}");
    assert_eq!(other.schema(), before);
}
