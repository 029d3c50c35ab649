import { createClient } from "@connectrpc/connect";
import { createConnectQueryKey, useQuery, useTransport } from "@connectrpc/connect-query";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { useMutation, useQueryClient, useQuery as useTanstackQuery } from "@tanstack/react-query";

import {
  type BudgetTargetSchema,
  FranchiseService,
  type GetOverviewRequestSchema,
  type GetOverviewResponse,
  type ListForecastItemsRequestSchema,
} from "../gen/chefcloud/franchise/v1/franchise_pb";

/** Live figures are read again this often, in milliseconds. */
const refetchInterval = 15_000;

/** An overview and how the server's cache answered. */
export interface CachedOverview {
  overview: GetOverviewResponse;
  cacheStatus: string;
}

/** Reads the overview of a range. */
export function useOverview(request: MessageInitShape<typeof GetOverviewRequestSchema>) {
  const transport = useTransport();
  return useTanstackQuery({
    queryKey: createConnectQueryKey({ schema: FranchiseService.method.getOverview, input: request, transport, cardinality: "finite" }),
    queryFn: async ({ signal }): Promise<CachedOverview> => {
      let cacheStatus = "";
      const overview = await createClient(FranchiseService, transport).getOverview(request, {
        signal,
        onHeader: (header) => {
          cacheStatus = header.get("X-Cache-Status") ?? "";
        },
      });
      return { overview, cacheStatus };
    },
    refetchInterval,
  });
}

/** Reads the rankings of a month. */
export const useRankings = (period: string) => useQuery(FranchiseService.method.getRankings, { period });

/** Reads the budgets of a month. */
export const useBudgets = (period: string) => useQuery(FranchiseService.method.listBudgets, { period });

/** Reads a forecast. */
export const useForecast = (request: MessageInitShape<typeof ListForecastItemsRequestSchema>) =>
  useQuery(FranchiseService.method.listForecastItems, request);

/** Writes targets; a repeated click is the same call. */
export function useUpsertBudgets() {
  const transport = useTransport();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, target }: { key: string; target: MessageInitShape<typeof BudgetTargetSchema> }) =>
      createClient(FranchiseService, transport).upsertBudgets({ targets: [target] }, { headers: { "Idempotency-Key": key } }),
    onSuccess: () =>
      client.invalidateQueries({
        queryKey: createConnectQueryKey({ schema: FranchiseService.method.listBudgets, transport, cardinality: undefined }),
      }),
  });
}
