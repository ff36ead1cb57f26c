import { z } from "zod";
import { PROBLEMS } from "./problem.ts";
import type { AnswerDescription, BodyKind, Route } from "./route.ts";
import { problemAnswer } from "./routes/schemas.ts";

/** Describes the interface as OpenAPI 3.1, from the schemas that check requests. */
export function openApi(routes: readonly Route[]): object {
  return {
    openapi: "3.1.0",
    info: { title: "Matchlight gateway", version: "1" },
    security: [{ token: [] }],
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      schemas: { Problem: schemaOf(problemAnswer, "output") },
    },
    paths: Object.fromEntries(
      [...new Set(routes.map(({ path }) => path))].map((path) => [
        path,
        Object.fromEntries(
          routes.filter((one) => one.path === path).map((one) => [one.method.toLowerCase(), operation(one)]),
        ),
      ]),
    ),
  };
}

function operation(one: Route): object {
  const body = one.bodyKind === "none" ? {} : { requestBody: bodyOf(one.bodyKind, one.body) };
  const answers = Object.entries(one.answers).map(([status, answer]) => [status, answerOf(answer)] as const);
  return {
    operationId: one.name,
    summary: one.summary,
    ...(one.access === "fleet" ? { description: "Requires a token with the scope `fleet`." } : {}),
    parameters: [...parameters(one.params, "path"), ...parameters(one.query, "query"), ...keyOf(one)],
    ...body,
    responses: { ...Object.fromEntries(answers), default: PROBLEM },
    ...(one.access === "anybody" ? { security: [] } : {}),
  };
}

const PROBLEM = {
  description: `A problem; its code is one of: ${Object.keys(PROBLEMS).join(", ")}.`,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

function keyOf({ bodyKind }: Route): readonly object[] {
  if (bodyKind !== "photo") return [];
  const description =
    "The verification's id, which the client makes. Repetitions with the same id ask only once. A repetition with another photo " +
    "gets the result of the first, because no photo is kept to compare. A repetition with another consent, purpose or policy " +
    "gets id_taken.";
  return [{ name: "Idempotency-Key", in: "header", required: true, description, schema: { type: "string" } }];
}

function parameters(schema: z.ZodType, where: "path" | "query"): readonly object[] {
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    readonly properties?: Readonly<Record<string, object>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    schema: one,
  }));
}

function bodyOf(kind: Exclude<BodyKind, "none">, body: z.ZodType): object {
  const asJson = schemaOf(body, "input") as { readonly properties: Readonly<Record<string, object>> };
  const content = { "application/json": { schema: asJson } };
  if (kind === "json") return { required: true, content };
  const { photo: _, ...rest } = asJson.properties;
  const form = {
    type: "object",
    required: ["photo", "request"],
    properties: {
      photo: { type: "string", contentMediaType: "application/octet-stream" },
      request: {
        type: "string",
        contentMediaType: "application/json",
        contentSchema: { ...asJson, properties: rest, required: ["purpose", "consent"] },
      },
    },
  };
  return { required: true, content: { ...content, "multipart/form-data": { schema: form } } };
}

function answerOf({ what, type, schema }: AnswerDescription): object {
  return { description: what, content: { [type]: { schema: schema ? schemaOf(schema, "output") : {} } } };
}

/** The schema without `$schema`, because OpenAPI 3.1 has its own. Types that JSON Schema cannot express use their `meta`. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any", target: "draft-2020-12" });
  return rest;
}
