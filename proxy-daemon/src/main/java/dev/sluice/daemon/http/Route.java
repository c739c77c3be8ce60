// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A page by its path: made on the loop's thread, or by a worker of its own. */
final class Route {
    private static final Logger LOG = LoggerFactory.getLogger(Route.class);

    private final String path;
    private final Function<Request, Page> page;
    private final @Nullable PageWorker worker;
    private final RareLog failures = new RareLog(Duration.ofMinutes(1));

    Route(String path, Function<Request, Page> page, @Nullable PageWorker worker) {
        this.path = path;
        this.page = page;
        this.worker = worker;
    }

    Answer answer(Request request) {
        return worker == null ? new Answer.Now(made(request)) : new Answer.Later(worker, () -> made(request));
    }

    private Page made(Request request) {
        try {
            return page.apply(request);
        } catch (RuntimeException | StackOverflowError e) {
            failures.log(count -> LOG.atWarn()
                    .addKeyValue("path", path)
                    .addKeyValue("count", count)
                    .setCause(e)
                    .log("page {} failed ({} times since this was last logged)", path, count));
            return Page.text(500, "this page failed: the log says why\n");
        }
    }

    void close() {
        if (worker != null) {
            worker.close();
        }
    }
}
