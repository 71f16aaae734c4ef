/** The small platform at rest, with the services' own tables. Each test breaks it in one place. */
import {
  DECLINED,
  MessagingWorld,
  type Mutable,
  PAID,
  SHORT,
} from "../../../../test/unit/cli/verify/messaging-world.ts";
import type {
  IdempotencyRow,
  LedgerRow,
  OrderRow,
  PaymentRow,
  ReservationRow,
  ReservedPieces,
  SampleEvidence,
  ShipmentRow,
  StockRow,
} from "../../verify/evidence.ts";

/** The evidence while a test builds and breaks it. */
export class SagaWorld extends MessagingWorld {
  readonly orders: Mutable<OrderRow>[] = [];
  readonly keys: Mutable<IdempotencyRow>[] = [];
  readonly payments: Mutable<PaymentRow>[] = [];
  readonly ledger: Mutable<LedgerRow>[] = [];
  readonly stock: Mutable<StockRow>[] = [{ productId: "sku", initial: 10, available: 8, reserved: 0, sold: 2 }];
  readonly reservations: Mutable<ReservationRow>[] = [];
  readonly pieces: Mutable<ReservedPieces>[] = [{ productId: "sku", status: "sold", pieces: 2 }];
  readonly shipments: Mutable<ShipmentRow>[] = [];

  constructor() {
    super();
    this.order(PAID, "confirmed", "processed", "reserved");
    this.play(PAID);
    this.capture(PAID);
    this.payments.push({ orderId: PAID, status: "processed" });
    this.reservations.push({ orderId: PAID, status: "sold" });
    this.shipments.push({ orderId: PAID, status: "delivered", bookings: 1 });

    this.order(SHORT, "cancelled", "refunded", "insufficient");
    this.play(SHORT);
    this.capture(SHORT);
    this.ledger.push({ orderId: SHORT, transactionId: `t-${SHORT}`, kind: "refund", amount: 500, currency: "EUR" });
    this.payments.push({ orderId: SHORT, status: "refunded" });
    this.reservations.push({ orderId: SHORT, status: "insufficient" });

    this.order(DECLINED, "cancelled", "failed", "released");
    this.play(DECLINED);
    this.ledger.push({
      orderId: DECLINED,
      transactionId: `t-${DECLINED}`,
      kind: "decline",
      amount: 500,
      currency: "EUR",
    });
    this.payments.push({ orderId: DECLINED, status: "failed" });
    this.reservations.push({ orderId: DECLINED, status: "released" });
    this.join();
  }

  /** Sets the order PAID to the state after no carrier accepted it: refunded, its pieces back in stock. */
  refuseShipment(): void {
    Object.assign(this.orders[0] ?? {}, {
      status: "cancelled",
      reason: "undeliverable",
      payment: "refunded",
      inventory: "released",
    });
    Object.assign(this.shipments[0] ?? {}, { status: "undeliverable", bookings: 0 });
    this.event("shipping-service", PAID, "shipment.failed");
    this.event("order-service", PAID, "order.cancelled");
    this.event("payment-service", PAID, "payment.refunded");
    this.event("inventory-service", PAID, "inventory.released");
    this.ledger.push({ orderId: PAID, transactionId: `t-${PAID}`, kind: "refund", amount: 500, currency: "EUR" });
    Object.assign(this.payments[0] ?? {}, { status: "refunded" });
    Object.assign(this.reservations[0] ?? {}, { status: "released" });
    Object.assign(this.stock[0] ?? {}, { available: 10, sold: 0 });
    this.pieces.splice(0);
    this.caughtUp();
  }

  sampleEvidence(): SampleEvidence {
    return {
      ...this.evidence(),
      tables: {
        orders: { rows: this.orders, keys: this.keys },
        payments: { rows: this.payments, ledger: this.ledger },
        inventory: { stock: this.stock, reservations: this.reservations, pieces: this.pieces },
        shipping: { shipments: this.shipments },
      },
    };
  }

  private order(orderId: string, status: "confirmed" | "cancelled", payment: string, inventory: string): void {
    this.orders.push({
      orderId,
      customerId: "customer",
      status,
      payment,
      inventory,
      total: 500,
      currency: "EUR",
      createdAt: this.moment,
      endedAt: this.moment + 100,
    });
    this.keys.push({ customerId: "customer", key: `key-${orderId}`, orderId });
  }

  private capture(orderId: string): void {
    this.ledger.push({ orderId, transactionId: `t-${orderId}`, kind: "capture", amount: 500, currency: "EUR" });
  }
}
