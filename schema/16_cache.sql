-- Cache invalidations that are still to be carried out. A mutation notes its own in its transaction, and forgets it once Valkey was told;
-- one that is due was left by a node that died or couldn't reach Valkey: any node carries it out, and each before it uses Valkey again.
CREATE TABLE cache_busts (
  org_id text NOT NULL,
  id text NOT NULL,
  reports text[] NOT NULL,
  due_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
