// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.IptablesSection;
import dev.sluice.core.mode.ModeConfig;
import dev.sluice.userspace.balance.Scheduler;
import java.time.Duration;
import java.util.List;

/**
 * The options of userspace mode.
 *
 * @param udpIdleTimeout how long an idle UDP flow keeps its endpoint
 * @param connectTimeouts the timeout of each connect attempt of a connection
 * @param drainTimeout how long open connections go on after the signal to stop
 * @param scheduler of Services without the annotation
 * @param localhostNodePorts whether node ports answer on loopback addresses
 * @param clientSource whether endpoints see the address of their client, where no rule of kube-proxy masquerades
 * @param masqueradeAll whether they never do so through cluster addresses
 */
public record UserspaceOptions(
        Duration udpIdleTimeout,
        List<Duration> connectTimeouts,
        Duration drainTimeout,
        Scheduler scheduler,
        boolean localhostNodePorts,
        boolean clientSource,
        boolean masqueradeAll) {
    private static final Duration UDP_IDLE = Duration.ofSeconds(30);
    private static final List<Duration> CONNECT =
            List.of(Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(2));
    private static final Duration DRAIN = Duration.ofSeconds(30);

    private static final ConfigField SCHEDULER = ConfigField.of(
                    "--userspace-scheduler", ConfigField.Type.STRING, Scheduler.RR.text())
            .with(ConfigField.Support.FLAG_ONLY);

    private static final String CLIENT = "client";
    private static final String NODE = "node";
    private static final ConfigField SOURCE_ADDRESS = ConfigField.of(
                    "--userspace-source-address", ConfigField.Type.STRING, CLIENT)
            .with(ConfigField.Support.FLAG_ONLY);

    /** The flags and fields of this mode. */
    public static final ModeConfig CONFIG = new ModeConfig(
            List.of(
                    IptablesSection.LOCALHOST_NODE_PORTS_FLAG,
                    IptablesSection.MASQUERADE_ALL_FLAG,
                    ConfigFlag.of(
                            "userspace-scheduler",
                            SCHEDULER,
                            "How userspace mode chooses endpoints: " + Scheduler.choices() + "."),
                    ConfigFlag.of(
                            "userspace-source-address",
                            SOURCE_ADDRESS,
                            "Whose address endpoints see in userspace mode where kube-proxy does not masquerade:"
                                    + " client or node.")),
            IptablesSection.PERIODS);

    public static final UserspaceOptions DEFAULT = read(ConfigReader.ofDefaults(CONFIG.flags()));

    public UserspaceOptions {
        connectTimeouts = List.copyOf(connectTimeouts);
    }

    public static UserspaceOptions read(ConfigReader values) {
        String text = values.string(SCHEDULER);
        Scheduler scheduler = Scheduler.parse(text).orElseGet(() -> {
            values.invalid(SCHEDULER, "unknown scheduler '" + text + "'; choose one of " + Scheduler.choices());
            return Scheduler.RR;
        });
        String source = values.string(SOURCE_ADDRESS);
        if (!source.equals(CLIENT) && !source.equals(NODE)) {
            values.invalid(SOURCE_ADDRESS, "unknown source address '" + source + "'; choose client or node");
        }
        return new UserspaceOptions(
                UDP_IDLE,
                CONNECT,
                DRAIN,
                scheduler,
                values.bool(IptablesSection.LOCALHOST_NODE_PORTS),
                source.equals(CLIENT),
                values.bool(IptablesSection.MASQUERADE_ALL));
    }

    public UserspaceOptions withTimeouts(Duration udpIdle, List<Duration> connect, Duration drain) {
        return new UserspaceOptions(
                udpIdle, connect, drain, scheduler, localhostNodePorts, clientSource, masqueradeAll);
    }

    public UserspaceOptions withLocalhostNodePorts(boolean served) {
        return new UserspaceOptions(
                udpIdleTimeout, connectTimeouts, drainTimeout, scheduler, served, clientSource, masqueradeAll);
    }

    public UserspaceOptions withClientSource(boolean kept) {
        return new UserspaceOptions(
                udpIdleTimeout, connectTimeouts, drainTimeout, scheduler, localhostNodePorts, kept, masqueradeAll);
    }
}
