// People: who they are, what proves it, where they are signed in, and what they are to which merchant. A person may
// work for several merchants, so these rows belong to none; they are read before a tenant is known.

import { sql } from "drizzle-orm";
import { bigint, check, index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { MailId, MerchantId, UserId } from "#lib/domain/ids.ts";
import { MAIL_STATES } from "#lib/domain/mail.ts";
import { ROLES } from "#lib/domain/permissions.ts";
import { bytes, instant, oneOf } from "./columns.ts";
import { merchants } from "./merchants.ts";

export const users = pgTable("users", {
  id: text("id").$type<UserId>().primaryKey(),
  /** Lower case, ASCII. */
  email: text("email").notNull().unique(),
  name: text("name").notNull().default(""),
  /** Argon2id, PHC string; null for people who sign in by OpenID Connect alone, or have not chosen one yet. */
  passwordHash: text("password_hash"),
  /** Sealed; in use once it is confirmed. */
  totpSecret: bytes("totp_secret"),
  totpConfirmedAt: instant("totp_confirmed_at"),
  /** The time step of the last code that was taken: none is taken twice. */
  totpLastStep: bigint("totp_last_step", { mode: "number" }),
  disabledAt: instant("disabled_at"),
  createdAt: instant("created_at").notNull().defaultNow(),
});

const userId = () =>
  text("user_id")
    .$type<UserId>()
    .notNull()
    .references(() => users.id);

export const memberships = pgTable(
  "memberships",
  {
    merchantId: text("merchant_id")
      .$type<MerchantId>()
      .notNull()
      .references(() => merchants.id),
    userId: userId(),
    role: text("role", { enum: ROLES }).notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.userId] }),
    index("memberships_user").on(t.userId),
    oneOf("memberships_role", t.role, ROLES),
  ],
);

/** Who is at the other end of an OpenID Connect provider's subject. */
export const userIdentities = pgTable(
  "user_identities",
  {
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    userId: userId(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.issuer, t.subject] }), index("user_identities_user").on(t.userId)],
);

/** Where a person is signed in. The browser holds the id, we its hash. */
export const userSessions = pgTable(
  "user_sessions",
  {
    idHash: bytes("id_hash").primaryKey(),
    /** Names the session where it is listed and ended. */
    publicId: text("public_id").notNull().unique(),
    userId: userId(),
    createdAt: instant("created_at").notNull().defaultNow(),
    /** To the minute. */
    lastSeenAt: instant("last_seen_at").notNull().defaultNow(),
    /** However much it is used. */
    expiresAt: instant("expires_at").notNull(),
    /** Null: nothing but the second factor may be given with it. */
    completedAt: instant("completed_at"),
    /** Guesses of the second factor. */
    factorTries: integer("factor_tries").notNull().default(0),
    revokedAt: instant("revoked_at"),
    address: text("address"),
    userAgent: text("user_agent").notNull(),
  },
  (t) => [index("user_sessions_user").on(t.userId), index("user_sessions_expiry").on(t.expiresAt)],
);

/** Each good once, in place of a code of the second factor. */
export const recoveryCodes = pgTable(
  "recovery_codes",
  { userId: userId(), codeHash: bytes("code_hash").notNull(), usedAt: instant("used_at") },
  (t) => [primaryKey({ columns: [t.userId, t.codeHash] })],
);

/** Links that were mailed: each good once, for a while. */
export const mailedTokens = pgTable(
  "mailed_tokens",
  {
    tokenHash: bytes("token_hash").primaryKey(),
    kind: text("kind", { enum: ["password_reset", "invitation"] }).notNull(),
    email: text("email").notNull(),
    /** Of an invitation. */
    merchantId: text("merchant_id")
      .$type<MerchantId>()
      .references(() => merchants.id),
    role: text("role", { enum: ROLES }),
    invitedBy: text("invited_by").$type<UserId>(),
    createdAt: instant("created_at").notNull().defaultNow(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (t) => [
    index("mailed_tokens_email").on(t.email, t.kind),
    index("mailed_tokens_merchant").on(t.merchantId),
    check(
      "mailed_tokens_invitation",
      sql`(${t.kind} = 'invitation') = (${t.merchantId} is not null and ${t.role} is not null)`,
    ),
  ],
);

/** Mail that waits to be sent, or was. */
export const mails = pgTable(
  "mails",
  {
    id: text("id").$type<MailId>().primaryKey(),
    recipient: text("recipient").notNull(),
    /** Sealed subject and text, which may hold a link that opens something; null once it is sent. */
    content: bytes("content"),
    state: text("state", { enum: MAIL_STATES }).notNull().default("queued"),
    attempts: integer("attempts").notNull().default(0),
    nextAttemptAt: instant("next_attempt_at").notNull().defaultNow(),
    lastError: text("last_error"),
    createdAt: instant("created_at").notNull().defaultNow(),
    completedAt: instant("completed_at"),
  },
  (t) => [
    index("mails_due").on(t.nextAttemptAt).where(sql`state = 'queued'`),
    oneOf("mails_state", t.state, MAIL_STATES),
  ],
);
