// For the dashboard's style sheet, which the framework builds; the payer's pages have theirs built apart.
export default { plugins: { "@tailwindcss/postcss": {} } };
