// Package explain proves the plans of a sqlc project's queries: it runs each on a database of a real size, reads the whole plan tree,
// and names every node that breaks a rule.
//
// It depends on pgx and the standard library only. Another project gives it
//
//   - its queries: [Load] reads them from the Go code that sqlc generated, which is exactly what runs;
//   - tenants: the parameter sets for which plans may differ, such as a small customer and the largest. [Sampler] takes values from the
//     rows of a tenant; a project can bring its own [Parameters];
//   - expectations: a [Book] of what each plan must be, kept in small files beside the queries.
//
// [Runner.Run] measures, [Judge] decides. A run can't pass vacuously: a query without an expectation fails, and so do one that is declared
// but not in the generated code ([Missing]), one that finds no row for any tenant, a write that the data always refuses, tables with too few
// rows or stale statistics, and planner settings that were forced.
//
// Plans are read from EXPLAIN (ANALYZE, BUFFERS, SETTINGS, FORMAT JSON) twice: of a prepared statement's first execution, whose plan is
// made for its values, and of its sixth, when PostgreSQL decides by itself whether to go on with a generic plan. What a statement writes is
// rolled back. PostgreSQL 15 to 18.
package explain
