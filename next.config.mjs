// Nothing clever. Pages set their own headers; what is no page gets these.

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
    "rate-limiter-flexible",
    "sms-segments-calculator",
  ],
  headers: async () => [{ source: "/(api|_next)/:path*", headers: SECURITY_HEADERS }],
};
