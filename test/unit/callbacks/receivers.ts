// The installation's own addresses, those of its machine, and ordinary receivers.

import { PUBLIC_V4, PUBLIC_V6, type Zone } from "./addresses.ts";

/** What the installation under test calls its own. */
export const OWN_URLS = [
  "https://pay.billtext.shop",
  "postgres://web:secret@Db.Billtext.shop:5432/billtext",
  "http://localhost:3000",
  "postgres://web@127.0.0.1:54320/billtext",
  "http://[::1]:4000",
] as const;

/** Loopback names at ports of ours, in the one mode that takes loopback addresses at all. */
export const OWN_LOOPBACK = [
  "http://localhost:3000/api/v1/invoices",
  "https://localhost:3000/",
  "http://127.0.0.1:3000/",
  "http://[::1]:3000/",
  "http://localhost:54320/",
  "http://127.1:54320/",
  "http://[::1]:4000/accounts/x",
  "http://LOCALHOST:4000/",
] as const;

/** Loopback addresses that are none of the three names, and schemes that are not spoken there. */
export const ODD_LOOPBACK = [
  "http://127.0.0.2:9999/",
  "http://127.255.255.254:9999/",
  "http://0.0.0.0:9999/",
  "http://[::ffff:127.0.0.1]:9999/",
  "http://[::]:9999/",
  "http://a.localhost:9999/",
  "http://localhost.:9999/",
  "http://10.0.0.1:9999/",
  "ftp://localhost:9999/",
  "ws://127.0.0.1:9999/",
  "gopher://localhost:9999/",
] as const;

/** Ordinary receivers: each is tried, at its first address and nowhere else. */
export const TRIED: readonly (readonly [url: string, name: string, zone: Zone, at: string])[] = [
  ["https://shop.example.org/hook", "shop.example.org", { a: [PUBLIC_V4] }, PUBLIC_V4],
  ["https://shop.example.org./hook", "shop.example.org", { a: [PUBLIC_V4] }, PUBLIC_V4],
  ["https://SHOP.example.org:8443/hook?a=b", "shop.example.org", { a: [PUBLIC_V4] }, PUBLIC_V4],
  ["https://bücher.example.org/", "xn--bcher-kva.example.org", { a: [PUBLIC_V4] }, PUBLIC_V4],
  ["https://two.example.org/", "two.example.org", { a: ["8.8.4.4", "8.8.8.8"] }, "8.8.4.4"],
  ["https://both.example.org/", "both.example.org", { a: [PUBLIC_V4], aaaa: [PUBLIC_V6] }, PUBLIC_V4],
  ["https://new.example.org/", "new.example.org", { aaaa: [PUBLIC_V6] }, PUBLIC_V6],
  [
    "https://cdn.example.org/",
    "cdn.example.org",
    { through: ["edge.cdn.net"], a: ["172.32.0.1"] },
    "172.32.0.1",
  ],
  ["https://edges.example.org/", "edges.example.org", { a: ["100.63.255.255"] }, "100.63.255.255"],
  ["https://edge2.example.org/", "edge2.example.org", { a: ["100.128.0.1"] }, "100.128.0.1"],
  ["https://edge3.example.org/", "edge3.example.org", { a: ["169.253.255.255"] }, "169.253.255.255"],
  ["https://edge4.example.org/", "edge4.example.org", { a: ["172.15.255.255"] }, "172.15.255.255"],
  ["https://edge5.example.org/", "edge5.example.org", { a: ["11.0.0.1"] }, "11.0.0.1"],
  ["https://edge6.example.org/", "edge6.example.org", { a: ["198.20.0.1"] }, "198.20.0.1"],
  ["https://edge7.example.org/", "edge7.example.org", { a: ["223.255.255.254"] }, "223.255.255.254"],
  ["https://otherpay.billtext.shop/", "otherpay.billtext.shop", { a: [PUBLIC_V4] }, PUBLIC_V4],
  ["https://localhost.example.org/", "localhost.example.org", { a: [PUBLIC_V4] }, PUBLIC_V4],
  ["https://127.0.0.1.example.org/", "127.0.0.1.example.org", { a: [PUBLIC_V4] }, PUBLIC_V4],
  ["https://internal.example.org/", "internal.example.org", { a: [PUBLIC_V4] }, PUBLIC_V4],
];
