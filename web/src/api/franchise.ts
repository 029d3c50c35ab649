import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectQueryKey, useTransport } from "@connectrpc/connect-query";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import {
  type BudgetTargetSchema,
  FranchiseService,
  type GetOverviewRequestSchema,
  type GetRankingsRequestSchema,
  type ListForecastItemsRequestSchema,
} from "../gen/chefcloud/franchise/v1/franchise_pb";
import { useIdempotencyKey } from "./idempotency";

/** Live figures are read again this often, in milliseconds: as long as the server keeps an overview by default. */
const liveInterval = 15_000;

/** A report and how the server's cache answered: HIT, MISS, BYPASS, or nothing if it isn't cached. */
export interface Report<T> {
  answer: T;
  cacheStatus: string;
}

/** Reads the overview of a range, again and again. */
export const useOverview = (request: MessageInitShape<typeof GetOverviewRequestSchema>) =>
  useReport(FranchiseService.method.getOverview, request, liveInterval);

/** Reads the rankings of a range. */
export const useRankings = (request: MessageInitShape<typeof GetRankingsRequestSchema>) =>
  useReport(FranchiseService.method.getRankings, request);

/** Reads the budgets of a month `YYYY-MM`; the current one by default. */
export const useBudgets = (period = "") => useReport(FranchiseService.method.listBudgets, { period });

/** Reads the expected use of items on the dates; those of the current month by default. */
export const useForecast = (request: MessageInitShape<typeof ListForecastItemsRequestSchema>) =>
  useReport(FranchiseService.method.listForecastItems, request);

/** Sets the targets of a branch's month and has the budgets read anew. Another try of the same change can't apply twice. */
export function useUpsertBudgets() {
  const transport = useTransport();
  const client = useQueryClient();
  const idempotency = useIdempotencyKey();
  return useMutation({
    mutationFn: (target: MessageInitShape<typeof BudgetTargetSchema>) =>
      createClient(FranchiseService, transport).upsertBudgets(
        { targets: [target] },
        { headers: { "Idempotency-Key": idempotency.keyOf(target) } },
      ),
    onSuccess: () => {
      idempotency.forget();
      return client.invalidateQueries({
        queryKey: createConnectQueryKey({ schema: FranchiseService.method.listBudgets, transport, cardinality: undefined }),
      });
    },
  });
}

/** Connect-query's own useQuery gives no headers, and the cache status is one; its keys are kept, for invalidation. */
function useReport<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  input: MessageInitShape<I>,
  refetchInterval?: number,
) {
  const transport = useTransport();
  return useQuery({
    queryKey: createConnectQueryKey({ schema: method, input, transport, cardinality: "finite" }),
    queryFn: async ({ signal }): Promise<Report<MessageShape<O>>> => {
      const response = await transport.unary(method, signal, undefined, undefined, input);
      return { answer: response.message, cacheStatus: response.header.get("X-Cache-Status") ?? "" };
    },
    placeholderData: keepPreviousData,
    refetchInterval,
    structuralSharing: false, // messages aren't plain data
  });
}
