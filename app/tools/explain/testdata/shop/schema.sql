CREATE TABLE customers (shop_id text NOT NULL, id text NOT NULL, email text NOT NULL, PRIMARY KEY (shop_id, id));
CREATE TABLE orders (
  shop_id text NOT NULL,
  id bigint NOT NULL,
  customer_id text NOT NULL,
  reference text NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'paid', 'void')),
  placed_at timestamptz NOT NULL,
  total bigint NOT NULL,
  PRIMARY KEY (shop_id, id)
);
CREATE INDEX orders_by_customer ON orders (shop_id, customer_id, placed_at DESC);
CREATE INDEX orders_by_reference ON orders (shop_id, reference);
CREATE INDEX orders_open ON orders (shop_id, placed_at) WHERE status = 'open';
