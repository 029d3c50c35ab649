import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { freshPages, show } from "../testing";

freshPages();

const chicken = { itemId: "ITEM_1", itemName: "Chicken", baseUnit: "kg", branches: 2, methods: ["WEEKDAY_MA"] };
const milk = { itemId: "ITEM_2", itemName: "Milk", baseUnit: "l", branches: 1, methods: ["MA14"] };
const answer = {
  range: { startDate: "2024-11-28", endDate: "2024-11-30", days: 3 },
  forecast: [
    { ...chicken, date: "2024-11-28", quantity: 38, actual: 41.125 },
    { ...milk, date: "2024-11-28", quantity: 20 },
    { ...chicken, date: "2024-11-29", quantity: 46.75 },
    { ...chicken, date: "2024-11-30", quantity: 1025.3 },
    { ...milk, date: "2024-11-30", quantity: 25.3 },
  ],
};

test("lists items by date, and one of them with what was used", async () => {
  show({ franchise: { listForecastItems: () => answer } }, { at: "#/forecast" });
  expect(await screen.findByRole("row", { name: "Chicken kg 38 46.75 1,025.3" })).toBeTruthy();
  expect(screen.getByRole("row", { name: "Milk l 20 – 25.3" })).toBeTruthy();
  expect(screen.getByRole("row", { name: "28 Nov 2024 38 41.125 2 WEEKDAY_MA", hidden: true })).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Milk" }));
  expect(await screen.findByRole("img", { name: /^Expected use of Milk/ })).toBeTruthy();
  expect(screen.getByRole("row", { name: "30 Nov 2024 25.3 – 1 MA14", hidden: true })).toBeTruthy();
});

test("asks for the dates that were chosen, and for the server's own to begin with", async () => {
  const asked: string[] = [];
  show(
    {
      franchise: {
        listForecastItems: ({ startDate, endDate }) => {
          asked.push(`${startDate}..${endDate}`);
          return endDate === "2024-12-24" ? { range: { startDate, endDate, days: 27 } } : answer;
        },
      },
    },
    { at: "#/forecast" },
  );
  await screen.findByDisplayValue("2024-11-30");
  const to = screen.getByLabelText("To");
  fireEvent.change(to, { target: { value: "0202-12-24" } }); // a year that is still being typed
  fireEvent.change(to, { target: { value: "2024-12-24" } });
  expect(await screen.findByText("Nothing is forecast for 28 Nov – 24 Dec 2024.")).toBeTruthy();
  expect(asked).toEqual(["..", "2024-11-28..2024-12-24"]);
});
