# The declared state is schema/*.sql, read by sqlc and by `chefcloud schema` too.
# Indexes are built CONCURRENTLY, which can't run in a transaction: apply with --tx-mode none, as `task schema:apply` does.
variable "url" {
  type    = string
  default = getenv("DATABASE_URL")
}

# An empty database in which Atlas runs the files to see what they declare.
variable "dev_url" {
  type    = string
  default = getenv("ATLAS_DEV_URL")
}

env "local" {
  src     = "file://schema"
  url     = var.url
  dev     = var.dev_url
  schemas = ["public"]

  diff {
    # Releases before 0.20 say add, later ones create.
    concurrent_index {
      add    = true
      create = true
      drop   = true
    }
  }
}
