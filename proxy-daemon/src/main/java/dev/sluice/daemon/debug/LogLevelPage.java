// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.debug;

import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import java.math.BigInteger;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The page {@code /debug/flags/v}: PUT sets the log level of the running process. Answers in kube-proxy's words. */
public final class LogLevelPage {
    /** Where the page is on the metrics server. */
    public static final String PATH = "/debug/flags/v";

    private static final Logger LOG = LoggerFactory.getLogger(LogLevelPage.class);
    private static final String TEXT = "text/plain";

    private final IntConsumer setter;

    /** @param setter receives klog's level */
    public LogLevelPage(IntConsumer setter) {
        this.setter = setter;
    }

    public Page answer(Request request) {
        if (!request.method().equals("PUT")) {
            return new Page(406, TEXT, "unsupported http method\n");
        }
        String level = request.body();
        if (!level.matches("[+-]?[0-9]+")) {
            return refusal(level, "invalid syntax");
        }
        if (new BigInteger(level).bitLength() > 31) {
            return refusal(level, "value out of range");
        }
        setter.accept(Integer.parseInt(level));
        LOG.atInfo().addKeyValue("level", level).log("the log level is {} now, by a request to {}", level, PATH);
        return new Page(200, TEXT, "successfully set klog.logging.verbosity to " + level + "\n");
    }

    private static Page refusal(String level, String reason) {
        String quoted = '"' + level.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
        return new Page(
                400,
                TEXT,
                "failed set klog.logging.verbosity " + level + ": strconv.ParseInt: parsing " + quoted + ": " + reason
                        + "\n");
    }
}
