// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.ScriptedLibc.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class NetlinkSocketTest {
    private static final int TYPE = 100;

    private static NetlinkRequest request(String operation) {
        return new NetlinkRequest(operation, TYPE, 0, out -> out.u32(1, 42));
    }

    private static NetlinkSocket open(ScriptedLibc libc) throws NetlinkException {
        return NetlinkSocket.open(libc, Netlink.GENERIC, WireNames.NONE);
    }

    private static NetlinkSocket open(Function<List<Message>, List<Answer>> kernel) throws NetlinkException {
        return open(new ScriptedLibc(kernel));
    }

    @Test
    void acknowledgedRequestSucceedsAndCountsItsBytes() throws NetlinkException {
        try (NetlinkSocket socket = open(sent -> List.of(Answer.of(ScriptedLibc.ack(sent.getFirst()))))) {
            assertThat(socket.request(request("x"))).isEqualTo(16 + 8);
        }
    }

    @Test
    void refusalCarriesOperationErrnoAndTheKernelsText() throws NetlinkException {
        byte[] payload = {
            -22, -1, -1, -1, 24, 0, 0, 0, 100, 0, 5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 1, 0, 'b', 'a', 'd', 0
        };
        int flags = Netlink.F_CAPPED | Netlink.F_ACK_TLVS;
        try (NetlinkSocket socket = open(sent -> List.of(Answer.of(
                ScriptedLibc.message(Netlink.NLMSG_ERROR, flags, sent.getFirst().sequence(), payload))))) {
            assertThatExceptionOfType(NetlinkException.class)
                    .isThrownBy(() -> socket.request(request("NEW_THING a")))
                    .withMessage("NEW_THING a: EINVAL (invalid argument) (kernel: bad)")
                    .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
                    .satisfies(e -> assertThat(e.kernelText()).isEqualTo("bad"));
        }
    }

    @Test
    void answersToOtherRequestsAreSkipped() throws NetlinkException {
        try (NetlinkSocket socket = open(sent -> {
            int own = sent.getFirst().sequence();
            byte[] stale =
                    ScriptedLibc.message(Netlink.NLMSG_ERROR, 0, own - 1, (byte) -1, (byte) -1, (byte) -1, (byte) -1);
            return List.of(Answer.of(stale), Answer.of(ScriptedLibc.ack(sent.getFirst())));
        })) {
            socket.request(request("x"));
            assertThat(socket.request(request("y"))).isPositive();
        }
    }

    @Test
    void silenceIsATimeOut() throws NetlinkException {
        try (NetlinkSocket socket = open(sent -> List.of())) {
            assertThatExceptionOfType(NetlinkException.class)
                    .isThrownBy(() -> socket.request(request("x")))
                    .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
        }
    }

    @Test
    void interruptedDumpIsRepeatedAndItsFirstResultForgotten() throws NetlinkException {
        int[] dumps = {0};
        try (NetlinkSocket socket = open(sent -> {
            int flags = Netlink.F_MULTI | (dumps[0]++ == 0 ? Netlink.F_DUMP_INTR : 0);
            byte[] entry = ScriptedLibc.message(
                    TYPE, flags, sent.getFirst().sequence(), (byte) dumps[0], (byte) 0, (byte) 0, (byte) 0);
            return List.of(Answer.of(entry), Answer.of(ScriptedLibc.done(sent.getFirst())));
        })) {
            assertThat(socket.dump(request("list"), message -> message.u8(0))).containsExactly(2);
        }
        assertThat(dumps[0]).isEqualTo(2);
    }

    @Test
    void dumpThatIsAlwaysInterruptedEndsWithTheFifthAttempt() throws NetlinkException {
        int[] dumps = {0};
        try (NetlinkSocket socket = open(sent -> {
            dumps[0]++;
            int sequence = sent.getFirst().sequence();
            return List.of(Answer.of(
                    ScriptedLibc.message(TYPE, Netlink.F_DUMP_INTR, sequence, new byte[4]),
                    ScriptedLibc.done(sent.getFirst())));
        })) {
            assertThat(socket.dump(request("list"), message -> 1)).hasSize(1);
        }
        assertThat(dumps[0]).isEqualTo(5);
    }

    @Test
    void dumpThatLostMessagesIsRepeatedAndThenReported() throws NetlinkException {
        int[] dumps = {0};
        try (NetlinkSocket socket = open(sent -> {
            Answer done = Answer.of(ScriptedLibc.done(sent.getFirst()));
            return dumps[0]++ == 0 ? List.of(Answer.errno(Errno.ENOBUFS), done) : List.of(done);
        })) {
            assertThat(socket.dump(request("list"), message -> 1)).isEmpty();
        }
        assertThat(dumps[0]).isEqualTo(2);
        try (NetlinkSocket socket =
                open(sent -> List.of(Answer.errno(Errno.ENOBUFS), Answer.of(ScriptedLibc.done(sent.getFirst()))))) {
            assertThatExceptionOfType(NetlinkException.class)
                    .isThrownBy(() -> socket.dump(request("list"), message -> 1))
                    .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOBUFS));
        }
    }

    @Test
    void dumpIsReadOutBeforeABadMessageIsReported() throws NetlinkException {
        List<Integer> seen = new ArrayList<>();
        try (NetlinkSocket socket = open(sent -> {
            int sequence = sent.getFirst().sequence();
            return List.of(
                    Answer.of(ScriptedLibc.message(TYPE, 0, sequence, new byte[4])),
                    Answer.of(
                            ScriptedLibc.message(TYPE, 0, sequence, new byte[4]), ScriptedLibc.done(sent.getFirst())));
        })) {
            assertThatExceptionOfType(NetlinkException.class)
                    .isThrownBy(() -> socket.dump(request("list"), message -> {
                        seen.add(message.sequence());
                        throw new NetlinkException("entry " + seen.size(), Errno.EBADMSG, "");
                    }))
                    .withMessageStartingWith("entry 1");
        }
        assertThat(seen).hasSize(2);
    }

    @Test
    void batchReportsEveryRefusalWithItsOwnOperation() throws NetlinkException {
        try (NetlinkSocket socket = open(NetlinkSocketTest::refuseEveryThird)) {
            List<NetlinkRequest> requests =
                    IntStream.range(0, 10).mapToObj(i -> request("op " + i)).toList();
            BatchReply reply = socket.batch(requests);
            assertThat(reply.messages()).isEqualTo(10);
            assertThat(reply.bytes()).isEqualTo(240);
            assertThat(reply.refusals())
                    .extracting(
                            refusal -> refusal.index() + ": " + refusal.error().operation())
                    .containsExactly("0: op 0", "3: op 3", "6: op 6", "9: op 9");
        }
    }

    private static List<Answer> refuseEveryThird(List<Message> sent) {
        List<Answer> answers = new ArrayList<>();
        for (Message message : sent) {
            if ((message.sequence() - 1) % 3 == 0) {
                answers.add(Answer.of(ScriptedLibc.error(Errno.EEXIST, message)));
            } else if (message.has(Netlink.F_ACK)) {
                answers.add(Answer.of(ScriptedLibc.ack(message)));
            }
        }
        return answers;
    }

    @Test
    void largeBatchIsSplitSoThatAnswersFitTheReceiveBuffer() throws NetlinkException {
        ScriptedLibc libc = new ScriptedLibc(NetlinkSocketTest::refuseEveryThird);
        libc.receiveBuffer = 212_992;
        try (NetlinkSocket socket = open(libc)) {
            List<NetlinkRequest> requests =
                    IntStream.range(0, 1000).mapToObj(i -> request("op " + i)).toList();
            assertThat(socket.batch(requests).refusals()).hasSize(334);
        }
        assertThat(libc.datagramSizes)
                .hasSize(10)
                .allSatisfy(size -> assertThat(size / 24).isLessThanOrEqualTo(104));
        assertThat(libc.closed).isTrue();
    }

    @Test
    void batchWhoseAnswersWereLostIsReportedAndTheSocketStaysUsable() throws NetlinkException {
        int[] sends = {0};
        try (NetlinkSocket socket = open(sent -> {
            Answer answer = Answer.of(ScriptedLibc.ack(sent.getLast()));
            return sends[0]++ == 0 ? List.of(Answer.errno(Errno.ENOBUFS), answer) : List.of(answer);
        })) {
            List<NetlinkRequest> requests = List.of(request("first"), request("second"));
            assertThatExceptionOfType(NetlinkException.class)
                    .isThrownBy(() -> socket.batch(requests))
                    .withMessageContaining("batch of 2 messages, first first")
                    .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOBUFS));
            assertThat(socket.batch(requests).refusals()).isEmpty();
        }
    }
}
