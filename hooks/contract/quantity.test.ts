import { expect, test } from "vitest";
import { canonicalQuantity, storedQuantities, unitsOf } from "./quantity.ts";

// Checked against k8s.io/apimachinery resource.Quantity.
test.each([
  ["0", "0"],
  ["0m", "0"],
  ["0Gi", "0"],
  ["0.5", "500m"],
  ["1.0", "1"],
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["250m", "250m"],
  ["1000", "1k"],
  ["1500", "1500"],
  ["1.5k", "1500"],
  ["1000M", "1G"],
  ["1000E", "1000E"],
  ["512Mi", "512Mi"],
  ["1024Mi", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["0.1Gi", "107374183"],
  ["0.5Ki", "512"],
  ["0.1Ki", "102400m"],
  ["1048576", "1048576"],
])("%s is stored as %s", (text, stored) => {
  expect(canonicalQuantity(text)).toBe(stored);
  expect(canonicalQuantity(stored)).toBe(stored);
});

test.each(["", "abc", "-1", "1e3", "0.5m", "0.1234", "1 Gi", "1gi"])('"%s" is no quantity that is stored', (text) => {
  expect(canonicalQuantity(text)).toBeUndefined();
});

test.each([
  ["1Gi", 1_073_741_824],
  ["33Gi", 35_433_480_192],
  ["1k", 1000],
  ["1500m", 2],
  ["0", 0],
  ["much", 0],
])("%s is %d whole units", (text, units) => {
  expect(unitsOf(text)).toBe(units);
});

test("numbers are quantities, too; what is none stays for the API server to refuse", () => {
  expect(unitsOf(1024)).toBe(1024);
  expect(storedQuantities({ cpu: 2, memory: 1_000_000, "example.com/gpu": "much" })).toEqual({
    cpu: "2",
    memory: "1M",
    "example.com/gpu": "much",
  });
  expect(storedQuantities()).toEqual({});
});
