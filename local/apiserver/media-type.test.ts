import { expect, test } from "vitest";
import { formOf } from "./media-type.ts";

test.each([
  [undefined, "object"],
  ["", "object"],
  ["*/*", "object"],
  ["application/json", "object"],
  ["application/json;q=0.9", "object"],
  ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "table"],
  ["application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", "object"],
  ["application/vnd.kubernetes.protobuf,application/json", "object"],
  ["application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", "metadata"],
])("%j asks for the form %s", (accept, form) => {
  expect(formOf(accept)).toBe(form);
});

test.each(["text/html", "application/vnd.kubernetes.protobuf", "application/json;as=Other;v=v1"])(
  "%s cannot be had",
  (accept) => {
    expect(() => formOf(accept)).toThrow(expect.objectContaining({ status: expect.objectContaining({ code: 406 }) }));
  },
);
