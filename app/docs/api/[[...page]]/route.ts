import { apiDescription } from "#lib/doors/native/openapi/document.ts";
import { getApiDocs } from "#lib/web/api-docs/pages.tsx";

interface Segment {
  readonly params: Promise<{ readonly page?: readonly string[] }>;
}

export async function GET(request: Request, { params }: Segment): Promise<Response> {
  const { page = [] } = await params;
  return await getApiDocs(request, apiDescription(), page.join("/"));
}
