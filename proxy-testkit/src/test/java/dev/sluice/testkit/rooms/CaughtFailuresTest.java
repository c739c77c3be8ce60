// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaughtFailuresTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "try { a(); } catch (Throwable e) { LOG.warn(\"{}\", e); }",
                "try { a(); } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) { b(); }",
                "try { a(); } catch (TimeoutException | ExecutionException e) { throw new B(e); }",
                "try { a(); } catch (Error e) { if (b) { c(); } } finally { ProcessEnd.ifFatal(x); }",
                "var _ = pool.submit(this::run);",
            })
    void findsWhatIsSwallowed(String source) {
        assertThat(CaughtFailures.in(source)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "try { a(); } catch (Throwable e) { if (b) { c(); } ProcessEnd.ifFatal(e); }",
                "try { a(); } catch (Throwable e) { throw e; }",
                "try { a(); } catch (RuntimeException | StackOverflowError e) { b(); }",
                "try { a(); } catch (ExecutionException e) { switch (e) { case Error error -> throw error; } }",
                "Future<?> last = pool.submit(this::run);",
            })
    void leavesTheRest(String source) {
        assertThat(CaughtFailures.in(source)).isEmpty();
    }
}
