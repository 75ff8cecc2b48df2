# Prints what R's metafor makes of the data sets in this folder; its output is expected.csv.
# Rscript make_expected.R > expected.csv
suppressMessages(library(metafor))
show <- function(name, measure, dat) {
  es <- switch(measure,
    OR = , RR = , RD = escalc(measure, ai = dat$events_t, n1i = dat$n_t, ci = dat$events_c, n2i = dat$n_c),
    MD = , SMD = escalc(measure, m1i = dat$mean_t, sd1i = dat$sd_t, n1i = dat$n_t,
                        m2i = dat$mean_c, sd2i = dat$sd_c, n2i = dat$n_c),
    GEN = data.frame(yi = dat$yi, vi = dat$vi))
  pooled <- function(keep) suppressWarnings(
    rma(yi = es$yi[keep], vi = es$vi[keep], method = "REML", test = "knha",
        control = list(threshold = 1e-12, maxiter = 100000, stepadj = 0.5)))
  all <- seq_along(es$yi)
  res <- pooled(all)
  p <- predict(res)
  line <- c(res$k, res$beta[1], res$ci.lb, res$ci.ub, p$pi.lb, p$pi.ub, res$tau2, res$I2, res$QE)
  list_of <- function(x) paste(sprintf("%.10g", x), collapse = " ")
  # Without each trial in turn: as leave1out() does, but with the same control of the fit.
  left <- if (res$k < 3) list() else lapply(all, function(i) pooled(all[-i]))
  without <- function(part) list_of(vapply(left, function(r) as.numeric(r[[part]])[1], 0))
  # Egger's test as a weighted regression on the standard errors; it is not asked of fewer than ten trials.
  egger <- if (res$k < 10) c("", "") else {
    reg <- regtest(as.numeric(es$yi), es$vi, model = "lm", predictor = "sei")
    sprintf("%.10g", c(reg$zval, reg$pval))
  }
  cat(name, measure, sprintf("%.10g", line), list_of(as.numeric(es$yi)), list_of(es$vi),
      without("beta"), without("ci.lb"), without("ci.ub"), without("tau2"), without("I2"), egger, sep = ",")
  cat("\n")
}
cat("# metafor", as.character(packageVersion("metafor")), "\n")
cat("data,measure,k,estimate,ci_low,ci_high,pi_low,pi_high,tau2,i2,q,yi,vi,",
    "left_out_estimate,left_out_ci_low,left_out_ci_high,left_out_tau2,left_out_i2,egger_t,egger_p\n", sep = "")
for (file in sort(Sys.glob("*.csv"))) {
  if (file == "expected.csv") next
  dat <- read.csv(file)
  name <- sub("[.]csv$", "", file)
  measures <- if ("events_t" %in% names(dat)) c("OR", "RR", "RD") else if ("mean_t" %in% names(dat)) c("MD", "SMD") else "GEN"
  for (m in measures) show(name, m, dat)
}
