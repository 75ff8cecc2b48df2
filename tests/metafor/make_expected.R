# Prints what R's metafor makes of the data sets in this folder; its output is expected.csv.
# Rscript make_expected.R > expected.csv
suppressMessages(library(metafor))
show <- function(name, measure, dat) {
  es <- switch(measure,
    OR = , RR = , RD = escalc(measure, ai = dat$events_t, n1i = dat$n_t, ci = dat$events_c, n2i = dat$n_c),
    MD = , SMD = escalc(measure, m1i = dat$mean_t, sd1i = dat$sd_t, n1i = dat$n_t,
                        m2i = dat$mean_c, sd2i = dat$sd_c, n2i = dat$n_c),
    GEN = data.frame(yi = dat$yi, vi = dat$vi))
  res <- suppressWarnings(rma(yi = es$yi, vi = es$vi, method = "REML", test = "knha",
                              control = list(threshold = 1e-12, maxiter = 100000, stepadj = 0.5)))
  p <- predict(res)
  line <- c(res$k, res$beta[1], res$ci.lb, res$ci.ub, p$pi.lb, p$pi.ub, res$tau2, res$I2, res$QE)
  list_of <- function(x) paste(sprintf("%.10g", x), collapse = " ")
  cat(name, measure, sprintf("%.10g", line), list_of(as.numeric(es$yi)), list_of(es$vi), sep = ",")
  cat("\n")
}
cat("# metafor", as.character(packageVersion("metafor")), "\n")
cat("data,measure,k,estimate,ci_low,ci_high,pi_low,pi_high,tau2,i2,q,yi,vi\n")
for (file in sort(Sys.glob("*.csv"))) {
  if (file == "expected.csv") next
  dat <- read.csv(file)
  name <- sub("[.]csv$", "", file)
  measures <- if ("events_t" %in% names(dat)) c("OR", "RR", "RD") else if ("mean_t" %in% names(dat)) c("MD", "SMD") else "GEN"
  for (m in measures) show(name, m, dat)
}
