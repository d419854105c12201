// How every page of the sandbox looks.

/** The one style sheet: calm, readable at 320 px, light and dark. */
export const style = `
:root {
  --paper: #f6f6f3; --card: #ffffff; --ink: #1c1d1f; --soft: #5d6167; --line: #d9dad6;
  --accent: #2d5bd0; --on-accent: #ffffff; --good: #1b7a45; --bad: #b3261e; --bubble: #e9e9eb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131416; --card: #1d1f22; --ink: #ecedee; --soft: #a3a8af; --line: #35383d;
    --accent: #8fb0ff; --on-accent: #10203f; --good: #6fd39b; --bad: #ff9d94; --bubble: #2b2e33;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 26rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
main.wide { max-width: 52rem; }
h1 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .5rem; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; }
a { color: var(--accent); }
code { font: .875em ui-monospace, monospace; }
.soft { color: var(--soft); font-size: .875rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem 1rem; }
.amount { font-size: 2rem; font-weight: 600; line-height: 1.2; margin: .25rem 0 1rem; font-variant-numeric: tabular-nums; }
label { display: block; font-size: .875rem; margin: .75rem 0 .25rem; }
input { width: 100%; font: inherit; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: .5rem; padding: .625rem .75rem; min-height: 2.75rem; }
input[aria-invalid="true"] { border-color: var(--bad); }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 .75rem; }
button, .button { display: block; width: 100%; min-height: 2.75rem; margin-top: 1rem; padding: .625rem 1rem; border: 1px solid var(--accent); border-radius: .5rem; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-align: center; text-decoration: none; overflow-wrap: normal; cursor: pointer; }
button.quiet { background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.problem { color: var(--bad); border: 1px solid var(--bad); border-radius: .5rem; padding: .625rem .75rem; margin: .75rem 0; }
.tag { display: inline-block; border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; font-size: .75rem; color: var(--soft); }
.tag.good { color: var(--good); border-color: currentColor; }
.tag.bad { color: var(--bad); border-color: currentColor; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
dl { margin: 0; }
dt { font-weight: 600; margin-top: .5rem; }
dd { margin: 0; }
.phone { max-width: 24rem; margin: 0 auto; min-height: 70vh; background: var(--card); border: 1px solid var(--line); border-radius: 1.75rem; padding: 1.25rem .875rem; }
.phone header { text-align: center; border-bottom: 1px solid var(--line); margin-bottom: 1rem; padding-bottom: .75rem; }
.bubble { max-width: 85%; width: fit-content; background: var(--bubble); border-radius: 1.125rem; padding: .5rem .875rem; margin: .25rem 0; white-space: pre-wrap; }
.sender { margin: 1rem .25rem .125rem; }
.prompt { border: 2px solid var(--accent); border-radius: 1rem; padding: .875rem; margin: 0 0 1rem; }
.prompt .pair button { margin-top: .75rem; padding-inline: .5rem; }
@media (max-width: 40rem) {
  tr, td { display: block; padding-right: 0; }
  tr { border-bottom: 1px solid var(--line); padding: .25rem 0; }
  td { border: 0; padding-block: 0; }
  td:first-child { white-space: normal; font-weight: 600; }
}
`;
