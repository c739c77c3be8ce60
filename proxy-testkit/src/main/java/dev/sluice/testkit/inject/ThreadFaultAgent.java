// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.inject;

import java.io.File;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Java agent that makes a thread of the daemon fail. Every method of the daemon begins with a {@link #check}, which
 * throws once in the thread that the order file names; then the file is deleted.
 *
 * <p>The order is one line, {@code NUMBER THREAD KIND CLASS}: a number that no order before it has, regular expressions
 * of the thread's name and of the class whose method fails, and between them {@code defect}, {@code overflow} or
 * {@code memory}. Once it is in force, the file beside it that ends in {@link #TAKEN} has its number. Uses nothing of
 * the kit, whose other classes the daemon does not have.
 */
public final class ThreadFaultAgent {
    static final String TAKEN = ".taken";
    private static final long POLL_MILLIS = 20;
    private static final AtomicReference<@Nullable Order> ORDER = new AtomicReference<>();

    private ThreadFaultAgent() {}

    private record Order(Pattern thread, String kind, Pattern type, Path file) {
        private void carryOut() {
            new File(file.toString()).delete();
            System.err.println("thread-faults: " + kind + " in "
                    + Thread.currentThread().getName() + " at "
                    + StackWalker.getInstance()
                            .walk(stack -> stack.skip(2).limit(4).toList()));
            switch (kind) {
                case "overflow" -> throw new StackOverflowError("injected");
                case "memory" -> throw new OutOfMemoryError("injected");
                default -> throw new IllegalStateException("injected");
            }
        }
    }

    /** Called by the JVM before {@code main}; {@code file} is where orders are written to. */
    public static void premain(String file, Instrumentation instrumentation) {
        instrumentation.addTransformer(new FailingMethods());
        Path orders = Path.of(file);
        Thread.ofPlatform().daemon().name("thread-faults").start(() -> poll(orders));
    }

    /**
     * Called at the beginning of each of the daemon's methods.
     *
     * @param type the class of the method
     */
    public static void check(String type) {
        Order order = ORDER.get();
        if (order != null
                && order.type.matcher(type).matches()
                && order.thread.matcher(Thread.currentThread().getName()).matches()
                && ORDER.compareAndSet(order, null)) {
            order.carryOut();
        }
    }

    private static void poll(Path file) {
        String last = "";
        while (true) {
            try {
                Thread.sleep(POLL_MILLIS);
                String line = Files.exists(file) ? Files.readString(file).strip() : "";
                String[] parts = line.split(" ");
                if (!line.equals(last) && parts.length == 4) {
                    ORDER.set(new Order(Pattern.compile(parts[1]), parts[2], Pattern.compile(parts[3]), file));
                    Files.writeString(Path.of(file + TAKEN), parts[0]);
                }
                last = line;
            } catch (IOException e) {
                last = ""; // deleted in this moment
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
