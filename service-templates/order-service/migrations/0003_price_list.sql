-- Products of the reference case. The inventory service stocks the same ids.
INSERT INTO price_list (product_id, currency, name, unit_price) VALUES
  ('sku-headphones', 'EUR', 'Wireless headphones',      12900), ('sku-headphones', 'USD', 'Wireless headphones',      13900),
  ('sku-keyboard',   'EUR', 'Mechanical keyboard',       8900), ('sku-keyboard',   'USD', 'Mechanical keyboard',       9500),
  ('sku-monitor',    'EUR', 'Monitor, 27 inches',       29900), ('sku-monitor',    'USD', 'Monitor, 27 inches',       32900),
  ('sku-mouse',      'EUR', 'Mouse',                     2490), ('sku-mouse',      'USD', 'Mouse',                     2690),
  ('sku-laptop',     'EUR', 'Laptop, 14 inches',       119900), ('sku-laptop',     'USD', 'Laptop, 14 inches',       129900),
  ('sku-backpack',   'EUR', 'Backpack',                  5990), ('sku-backpack',   'USD', 'Backpack',                  6490),
  ('sku-charger',    'EUR', 'Charger, 65 W',             3990), ('sku-charger',    'USD', 'Charger, 65 W',             4290),
  ('sku-webcam',     'EUR', 'Webcam',                    6900), ('sku-webcam',     'USD', 'Webcam',                    7500),
  ('sku-limited',    'EUR', 'Signed poster (few left)',  4900), ('sku-limited',    'USD', 'Signed poster (few left)',  5300);
