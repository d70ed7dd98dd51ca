/** Objects on disk: one SQLite row each, written together with the revision that orders all changes. */

import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { createFeed, type Feed } from "./feed.ts";
import type { ApiObject, ObjectKey } from "./object.ts";

export interface Store {
  get(key: ObjectKey): ApiObject | undefined;
  find(uid: string): { key: ObjectKey; object: ApiObject } | undefined;
  /** By namespace and name; all namespaces when none is given. */
  list(resource: string, namespace?: string): ApiObject[];
  /** Keys of everything in one namespace. */
  contents(namespace: string): ObjectKey[];
  /** Objects that name this uid as an owner. */
  dependents(uid: string): ObjectKey[];
  /** Objects that are being deleted or that name an owner who is gone: what a stop may have interrupted. */
  unfinished(): ObjectKey[];
  /** The newest resourceVersion. */
  revision(): number;
  /** Stores the object under the next resourceVersion and returns it as stored. See `setup` for how durable it is then. */
  put(key: ObjectKey, object: ApiObject, previous?: ApiObject): ApiObject;
  /** Returns the last state, which carries the resourceVersion of the deletion. */
  remove(key: ObjectKey, previous: ApiObject): ApiObject;
  readonly feed: Feed;
  close(): void;
}

/**
 * WAL with synchronous=NORMAL: a commit is in the kernel's hands when it returns, but not on the disk. `kill -9` loses
 * nothing; a power failure or a crash of the kernel may lose the last commits, and never damages the file.
 * EXCLUSIVE keeps a second server out.
 */
const setup = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA foreign_keys = ON;
  CREATE TABLE IF NOT EXISTS object (
    id INTEGER PRIMARY KEY, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    uid TEXT NOT NULL UNIQUE, json TEXT NOT NULL, UNIQUE (resource, namespace, name)
  );
  CREATE INDEX IF NOT EXISTS object_namespace ON object (namespace);
  CREATE TABLE IF NOT EXISTS owner (
    object INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE, uid TEXT NOT NULL, PRIMARY KEY (object, uid)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS owner_uid ON owner (uid);
  CREATE TABLE IF NOT EXISTS revision (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL);
  INSERT INTO revision VALUES (1, 1) ON CONFLICT DO NOTHING;
`;

/** How long a server waits for its predecessor to let go of the file, in milliseconds. */
const handover = 500;

/** `historyLimit`: how many changes a watch can go back, see `createFeed`. */
export function openStore(file: string, historyLimit?: number): Store {
  const database = new DatabaseSync(file, { timeout: handover });
  database.exec(setup);
  const sql = statements(database);
  const feed = createFeed(Number(sql.revision.get()?.value), historyLimit);

  function transaction<T>(work: () => T): T {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Takes the next revision inside the running transaction. */
  function stamped(object: ApiObject): ApiObject {
    const revision = feed.revision() + 1;
    sql.advance.run(revision);
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
  }

  return {
    get: (key) => parsed(sql.get.get(key.resource, key.namespace, key.name)),
    find(uid) {
      const row = sql.find.get(uid);
      const object = parsed(row);
      return row && object ? { key: keyOf(row), object } : undefined;
    },
    list(resource, namespace) {
      const rows = namespace === undefined ? sql.list.all(resource) : sql.listIn.all(resource, namespace);
      return rows.flatMap((row) => parsed(row) ?? []);
    },
    contents: (namespace) => sql.contents.all(namespace).map(keyOf),
    dependents: (uid) => sql.dependents.all(uid).map(keyOf),
    unfinished: () => sql.unfinished.all().map(keyOf),
    revision: () => feed.revision(),
    put(key, object, previous) {
      const stored = transaction(() => {
        const next = stamped(object);
        const { resource, namespace, name } = key;
        const uid = next.metadata.uid ?? "";
        const row = sql.put.get(resource, namespace, name, uid, JSON.stringify(next));
        relink(sql, Number(row?.id), next);
        return next;
      });
      feed.publish({ type: previous ? "MODIFIED" : "ADDED", key, object: stored, previous });
      return stored;
    },
    remove(key, previous) {
      const last = transaction(() => {
        sql.remove.run(key.resource, key.namespace, key.name);
        return stamped(previous);
      });
      feed.publish({ type: "DELETED", key, object: last, previous });
      return last;
    },
    feed,
    close: () => database.close(),
  };
}

function statements(database: DatabaseSync) {
  const key = "resource, namespace, name";
  return {
    revision: database.prepare("SELECT value FROM revision"),
    advance: database.prepare("UPDATE revision SET value = ?"),
    get: database.prepare("SELECT json FROM object WHERE resource = ? AND namespace = ? AND name = ?"),
    find: database.prepare(`SELECT ${key}, json FROM object WHERE uid = ?`),
    list: database.prepare("SELECT json FROM object WHERE resource = ? ORDER BY namespace, name"),
    listIn: database.prepare("SELECT json FROM object WHERE resource = ? AND namespace = ? ORDER BY name"),
    contents: database.prepare(`SELECT ${key} FROM object WHERE namespace = ? ORDER BY id`),
    dependents: database.prepare(
      `SELECT ${key} FROM object JOIN owner ON owner.object = object.id WHERE owner.uid = ? ORDER BY id`,
    ),
    unfinished: database.prepare(
      `SELECT ${key} FROM object WHERE json LIKE '%"deletionTimestamp"%' OR id IN
       (SELECT object FROM owner WHERE uid NOT IN (SELECT uid FROM object))`,
    ),
    put: database.prepare(
      `INSERT INTO object (${key}, uid, json) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (${key}) DO UPDATE SET json = excluded.json RETURNING id`,
    ),
    unlink: database.prepare("DELETE FROM owner WHERE object = ?"),
    link: database.prepare("INSERT INTO owner VALUES (?, ?) ON CONFLICT DO NOTHING"),
    remove: database.prepare("DELETE FROM object WHERE resource = ? AND namespace = ? AND name = ?"),
  };
}

function relink(sql: ReturnType<typeof statements>, row: number, object: ApiObject): void {
  sql.unlink.run(row);
  for (const owner of object.metadata.ownerReferences ?? []) sql.link.run(row, owner.uid);
}

type Row = Record<string, SQLOutputValue>;

function parsed(row: Row | undefined): ApiObject | undefined {
  return row && (JSON.parse(String(row.json)) as ApiObject);
}

function keyOf(row: Row): ObjectKey {
  return { resource: String(row.resource), namespace: String(row.namespace), name: String(row.name) };
}
