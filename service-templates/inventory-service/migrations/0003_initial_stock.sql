-- Stock of the reference case; one product is scarce, to show an order that cannot be served.
INSERT INTO stock (product_id, initial, available) VALUES
  ('sku-headphones', 10000, 10000), ('sku-keyboard', 10000, 10000), ('sku-monitor', 10000, 10000),
  ('sku-mouse', 10000, 10000), ('sku-laptop', 10000, 10000), ('sku-backpack', 10000, 10000),
  ('sku-charger', 10000, 10000), ('sku-webcam', 10000, 10000),
  ('sku-limited', 3, 3);
