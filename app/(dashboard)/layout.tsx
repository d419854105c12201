import type { Metadata } from "next";
import type { ReactNode } from "react";
import "./dashboard.css";

/** Every page is one person's. */
export const dynamic = "force-dynamic";
export const metadata: Metadata = {
  title: { default: "Billtext", template: "%s · Billtext" },
  robots: "noindex",
};

export default function DashboardDocument({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
