import { describe, expect, it } from "vitest";
import type { INVOICE_STATES } from "./invoice.ts";
import { PAYER_PAGES, PAYER_STEPS, pageFor, payerStep, SERVED_STEPS } from "./payer-step.ts";
import { PAYMENT_STATES } from "./payment.ts";

const now = new Date("2026-01-01T12:00:00Z");
const later = new Date("2026-01-02T12:00:00Z");

const invoice = (state: (typeof INVOICE_STATES)[number], expiresAt = later) => ({ state, expiresAt });
const attempt = (
  state: (typeof PAYMENT_STATES)[number],
  redirectUrl: string | null = null,
  isProcessing = false,
) => ({
  state,
  redirectUrl,
  isProcessing,
  validation: null,
  captureRequestedAt: null,
  cancelRequestedAt: null,
});
const validating = (by: "code" | "link", reference: string | null, url: string | null) => ({
  ...attempt("pending_validation"),
  validation: { by, reference, url },
});

describe("a payer's step", () => {
  it("follows the invoice first: nothing about an attempt brings back an invoice that has ended", () => {
    for (const state of PAYMENT_STATES) {
      expect(payerStep(invoice("paid"), attempt(state), now)).toBe("paid");
      expect(payerStep(invoice("cancelled"), attempt(state), now)).toBe("cancelled");
      expect(payerStep(invoice("expired"), attempt(state), now)).toBe("expired");
      expect(payerStep(invoice("open", now), attempt(state), now)).toBe("expired");
    }
  });

  it.each([
    [null, "choose"],
    [attempt("created"), "code"],
    [attempt("pending"), "waiting"],
    [attempt("pending", "https://hosted.example"), "continue"],
    [attempt("pending", "https://hosted.example", true), "waiting"],
    [attempt("pending_validation"), "waiting"],
    [validating("code", "ref", null), "code"],
    [validating("code", null, null), "waiting"],
    [validating("link", null, "https://carrier.example"), "code"],
    [validating("link", null, null), "waiting"],
    [attempt("authorized"), "reserved"],
    [attempt("authorized", "https://hosted.example"), "reserved"],
    [{ ...attempt("authorized"), captureRequestedAt: now }, "waiting"],
    [{ ...attempt("authorized"), cancelRequestedAt: now }, "waiting"],
    [attempt("failed"), "retry"],
    [attempt("expired"), "retry"],
    [attempt("cancelled"), "choose"],
  ] as const)("of an open invoice with %j is %s", (given, step) => {
    expect(payerStep(invoice("open"), given, now)).toBe(step);
  });
});

describe("payer pages", () => {
  it("lead every step, from every page, to a page that serves it", () => {
    for (const step of PAYER_STEPS) {
      for (const page of PAYER_PAGES) {
        expect(SERVED_STEPS[pageFor(step, page)], `${step} asked at ${page}`).toContain(step);
      }
    }
  });

  it("stay where they are when they serve the step, so that a reload goes nowhere", () => {
    for (const page of PAYER_PAGES)
      for (const step of SERVED_STEPS[page]) expect(pageFor(step, page)).toBe(page);
  });

  it("never send a browser round in circles", () => {
    for (const step of PAYER_STEPS) {
      for (const page of PAYER_PAGES) expect(pageFor(step, pageFor(step, page))).toBe(pageFor(step, page));
    }
  });

  it("say already paid at the link itself, and show the receipt to one who waited", () => {
    expect(pageFor("paid", "landing")).toBe("closed");
    expect(pageFor("paid", "waiting")).toBe("receipt");
  });
});
