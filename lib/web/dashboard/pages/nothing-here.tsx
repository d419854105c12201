// There is no such page, or it is none of the viewer's business: both look the same.

import { Entrance } from "#components/dashboard/entrance.tsx";
import { buttonClass } from "#components/ui/button.tsx";

export function NothingHere() {
  return (
    <Entrance heading="There is nothing here">
      <p>The page does not exist, or belongs to a merchant that you do not work for.</p>
      <a href="/dashboard" className={buttonClass("primary")}>
        To the dashboard
      </a>
    </Entrance>
  );
}
