// Nothing clever. Payer pages set their own policy, so security headers here leave them out.

const SECURITY_HEADERS = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "Referrer-Policy", value: "no-referrer" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'" },
  { key: "Strict-Transport-Security", value: "max-age=31536000" },
];

/** @type {import("next").NextConfig} */
export default {
  output: "standalone",
  poweredByHeader: false,
  compress: true,
  skipTrailingSlashRedirect: true,
  images: { unoptimized: true },
  productionBrowserSourceMaps: false,
  // Types are checked by the compiler itself, once, before the build.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: [
    "pg",
    "pg-boss",
    "pino",
    "twilio",
    "stripe",
    "libphonenumber-js",
    "sms-segments-calculator",
  ],
  headers: async () => [{ source: "/((?!i/).*)", headers: SECURITY_HEADERS }],
};
