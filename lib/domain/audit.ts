// What the audit log tells of: acts of people, keys and the system itself that are more than a payer's business.

export const AUDIT_ACTS = [
  "clock.moved",
  "endpoint.created",
  "endpoint.deleted",
  "endpoint.disabled",
  "endpoint.secret_rotated",
  "endpoint.updated",
  "export.made",
  "import.cancelled",
  "import.started",
  "key.created",
  "key.revoked",
  "key.rotated",
  "key.updated",
  "merchant.updated",
  "payment.review.dismiss",
  "payment.review.settle",
  "payment.review.void",
  "payment.surplus_accepted",
  "rail.connected",
  "refund.review.dismiss",
  "refund.review.settle",
  "refund.review.void",
  "settlement.confirmed",
  "settlement.uploaded",
  "team.invitation_withdrawn",
  "team.invited",
  "team.joined",
  "team.removed",
  "team.role_changed",
] as const;
export type AuditAct = (typeof AUDIT_ACTS)[number];

/** The first words of acts. */
export const AUDIT_AREAS = [
  "clock",
  "endpoint",
  "export",
  "import",
  "key",
  "merchant",
  "payment",
  "rail",
  "refund",
  "settlement",
  "team",
] as const;
export type AuditArea = (typeof AUDIT_AREAS)[number];
