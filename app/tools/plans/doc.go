// Package plans is what ChefCloud gives the harness of package explain: data, parameters, and the names of reports.
package plans
