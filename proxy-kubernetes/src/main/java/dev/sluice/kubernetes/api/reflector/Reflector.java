// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.Progress;
import dev.sluice.kubernetes.api.reflector.ApiTransport.Answer;
import dev.sluice.kubernetes.api.reflector.ReflectorObserver.WatchEnd;
import dev.sluice.kubernetes.api.reflector.WatchedResource.ObjectKey;
import dev.sluice.kubernetes.read.ApiJson;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a listener informed of one resource: lists it, watches it from the list's version on, and starts over where it
 * must. Failures never end it and never delete anything; each is followed by a delay that grows.
 *
 * <p>The manners are those of client-go's reflector: the first list may come from the server's cache, later ones are
 * consistent and come in pages; a watch that breaks off goes on from the last version; one whose version is no longer
 * known (410) is followed by a list. Beyond client-go: versions that go back are noticed, as after a restore of etcd,
 * where client-go waits for versions that will not come for years; what one reflector notices makes all list anew.
 */
public final class Reflector implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Reflector.class);
    private static final int PAGE = 500;
    /** Far more than any cluster has; a server that gives out tokens without end is stopped here. */
    private static final int MOST_PAGES = 10_000;
    /** Each silence of the server is progress, too, since it is noticed and answered. */
    private static final Duration HANGS = Duration.ofMinutes(5);

    /** Until what the proxy can do without is asked for again: every node asks. */
    private static final Duration DENIED = Duration.ofMinutes(10);

    private final WatchedResource resource;
    private final ApiTransport server;
    private final ReflectorObserver observer;
    private final ApiTiming timing;
    private final HeldObjects held;
    private final Backoff backoff;
    private final Restores restores;
    private final Position position;
    private long lastForgiven;
    private String verb = "list";
    private Duration lastAnswer = Duration.ZERO;

    public Reflector(
            WatchedResource resource,
            ApiTransport server,
            ClusterListener listener,
            UnreadableObjects problems,
            Restores restores,
            ReflectorObserver observer,
            ApiTiming timing) {
        this.resource = resource;
        this.server = server;
        this.observer = observer;
        this.timing = timing;
        this.restores = restores;
        this.position = new Position(restores.count());
        this.lastForgiven = System.nanoTime() - timing.longestDelay().toNanos();
        this.held = new HeldObjects(resource, listener, problems);
        this.backoff = new Backoff(timing.firstDelay(), timing.longestDelay());
    }

    /**
     * Takes {@code objects} for delivered by {@code delivery}, from any thread, unless a list was delivered.
     *
     * @return whether the delivery has run; the first list waits for it, and deletes what it lacks of the objects
     */
    public boolean preload(Set<ObjectRef.Resource> objects, Runnable delivery) {
        return held.preload(
                objects.stream()
                        .map(object -> new ObjectKey(object.namespace(), object.name()))
                        .toList(),
                delivery);
    }

    /** Runs until its thread is interrupted. */
    @Override
    public void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                step();
            } catch (InterruptedException | InterruptedIOException e) {
                return;
            }
        }
    }

    private void step() throws InterruptedException, InterruptedIOException {
        Duration retryAfter = Duration.ZERO;
        try (Progress _ = Progress.begin(Progress.Need.VITAL, "list and watch of " + resource.plural(), HANGS)) {
            restores.check(position.restores());
            if (position.isUnlisted()) {
                list();
            } else if (position.isDoubtful()) {
                confirm();
            } else {
                watch();
            }
            return;
        } catch (InterruptedIOException e) {
            throw e;
        } catch (ApiFailure e) {
            failed(e);
            if (e.kind() == ApiFailure.Kind.WENT_BACK && isForgiven()) {
                return;
            }
            if (resource.isDenied(e)) {
                Thread.sleep(DENIED);
                return;
            }
            retryAfter = e.retryAfter();
        } catch (DocumentSyntaxException e) {
            position.expired();
            String message = "it broke off or is not JSON of the API (" + e.getMessage() + ")";
            observer.failed(verb, ApiFailure.of(ApiFailure.Kind.NO_API_ANSWER, message, e));
        } catch (IOException e) {
            failed(ApiFailure.of(ApiFailure.Kind.CUT, String.valueOf(e.getMessage()), e));
        } catch (RuntimeException | Error e) {
            ProcessEnd.ifFatal(Thread.currentThread().getName(), e);
            LOG.atError()
                    .addKeyValue("resource", resource.plural())
                    .setCause(e)
                    .log("{} are listed anew after a defect", resource.plural());
            position.wentBack();
        }
        pause(retryAfter);
    }

    private void failed(ApiFailure failure) {
        observer.failed(verb, failure);
        switch (failure.kind()) {
            case EXPIRED -> position.expired();
            case WENT_BACK -> position.wentBack(restores.noticed(resource.plural(), position.restores()));
            case UNREACHABLE, CUT, NO_API_ANSWER -> position.cut();
            case REFUSED -> {
                if (isAboutTheRequest(failure.status())) {
                    position.expired();
                } else {
                    position.cut();
                }
            }
        }
    }

    /** Whether the next list need not wait: what is served is wrong until then. Not again and again. */
    private boolean isForgiven() {
        if (System.nanoTime() - lastForgiven < timing.longestDelay().toNanos()) {
            return false;
        }
        lastForgiven = System.nanoTime();
        backoff.reset();
        return true;
    }

    /** Whether the server refuses this request, and may take another one. */
    private static boolean isAboutTheRequest(int status) {
        return status >= 400 && status < 500 && status != 401 && status != 403 && status != 408 && status != 429;
    }

    private void pause(Duration atLeast) throws InterruptedException {
        Duration delay = backoff.next();
        Duration asked = atLeast.compareTo(timing.longestRetryAfter()) < 0 ? atLeast : timing.longestRetryAfter();
        if (delay.compareTo(asked) < 0) {
            Thread.sleep(asked.plus(delay.dividedBy(4)));
        } else {
            restores.sleep(delay, position.restores());
        }
    }

    private void list() throws IOException, DocumentSyntaxException, InterruptedException {
        verb = "list";
        HeldObjects.Listing listing = held.list(position.areVersionsVoid());
        // a server's cache answers the first list whole, whatever the limit
        ApiJson.Page page =
                page("limit=" + PAGE + (position.needsConsistentList() ? "" : "&resourceVersion=0"), listing);
        for (int pages = 1; !page.continueToken().isEmpty(); pages++) {
            if (pages == MOST_PAGES) {
                throw ApiFailure.of(ApiFailure.Kind.NO_API_ANSWER, "it has more than " + pages + " pages", null);
            }
            try {
                page = page("limit=" + PAGE + "&continue=" + encoded(page.continueToken()), listing);
            } catch (ApiFailure e) {
                if (e.kind() != ApiFailure.Kind.EXPIRED) {
                    throw e;
                }
                LOG.atDebug()
                        .addKeyValue("resource", resource.plural())
                        .log("the list expired between two pages, and is read in one");
                listing = held.list(position.areVersionsVoid());
                page = page("", listing);
            }
        }
        if (ResourceVersions.isLower(page.version(), position.lastReached())) {
            throw Watch.wentBack(position.lastReached(), page.version());
        }
        listing.deliver();
        position.listed(page.version());
        observer.listed();
    }

    private void watch() throws IOException, DocumentSyntaxException, InterruptedException {
        verb = "watch";
        Watch watch = new Watch(resource, server, held, position, restores, observer, timing);
        WatchEnd end = WatchEnd.BROKEN;
        try {
            watch.run(lastAnswer);
            if (watch.age().compareTo(timing.shortWatch()) < 0) {
                throw ApiFailure.of(ApiFailure.Kind.CUT, "it ended at once", null);
            }
            end = WatchEnd.PLANNED;
        } catch (ApiFailure e) {
            end = switch (e.kind()) {
                case EXPIRED -> WatchEnd.EXPIRED;
                case WENT_BACK -> WatchEnd.WENT_BACK;
                default -> WatchEnd.BROKEN;
            };
            throw e;
        } finally {
            if (watch.age().compareTo(timing.healthy()) > 0) {
                backoff.reset();
            }
            observer.ended(end);
        }
    }

    private ApiJson.Page page(String query, HeldObjects.Listing listing)
            throws IOException, DocumentSyntaxException, InterruptedException {
        try (Answer answer = server.get("list", uri(query), timing.request(), Reflector::giveUpSilentList);
                ApiJson json = new ApiJson(answer.body())) {
            lastAnswer = answer.took();
            return json.list(object -> {
                listing.add(resource.read(object));
                Progress.made();
            });
        }
    }

    private static void giveUpSilentList(Duration silence) throws ApiFailure {
        throw ApiFailure.of(ApiFailure.Kind.CUT, "it stopped in the middle for " + silence.toSeconds() + " s", null);
    }

    /** Asks for the server's present version after a broken connection, at the price of one object. */
    private void confirm() throws IOException, DocumentSyntaxException, InterruptedException {
        verb = "list";
        String now = page("limit=1", held.list(true)).version();
        if (ResourceVersions.isLower(now, position.version())) {
            throw Watch.wentBack(position.version(), now);
        }
        position.confirmed();
    }

    private String uri(String query) {
        String both = resource.selectors() + (resource.selectors().isEmpty() || query.isEmpty() ? "" : "&") + query;
        return both.isEmpty() ? resource.path() : resource.path() + "?" + both;
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
