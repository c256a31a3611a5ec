import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/** Records that a topology passes on, cannot read, and cannot process. Argument: bootstrap. */
public class KafkaStreamsErrors {

    static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[0];
        produce(bootstrap);
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "meter");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, Files.createTempDirectory("streams").toString());
        settings.put(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, "readings-dlq");
        settings.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueExceptionHandler.class);
        settings.put(
                StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueProcessingExceptionHandler.class);
        settings.put("auto.offset.reset", "earliest");
        var builder = new StreamsBuilder();
        builder.stream("readings", Consumed.with(Serdes.String(), Serdes.Integer()))
                .mapValues(KafkaStreamsErrors::perHour)
                .to("rates", Produced.with(Serdes.String(), Serdes.Integer()));
        try (var streams = new KafkaStreams(builder.build(), settings)) {
            streams.start();
            waitFor(bootstrap, 3);
        }
    }

    static int perHour(int reading) {
        if (reading == 0) {
            throw new IllegalStateException("cannot rate: meter stands still", new ArithmeticException("/ by zero"));
        }
        return 3600 / reading;
    }

    static void produce(String bootstrap) throws Exception {
        try (var admin = Admin.create(Map.<String, Object>of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(
                    new NewTopic("readings", 1, (short) 1), new NewTopic("rates", 1, (short) 1),
                    new NewTopic("readings-dlq", 1, (short) 1))).all().get();
        }
        byte[][] values = {{0, 0, 0, 9}, "nine".repeat(2).getBytes(StandardCharsets.UTF_8), {0, 0, 0, 0}};
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", bootstrap),
                new StringSerializer(), new org.apache.kafka.common.serialization.ByteArraySerializer())) {
            for (byte[] value : values) {
                var record = new ProducerRecord<>("readings", "meter-1", value);
                record.headers().add("traceparent", TRACEPARENT.getBytes(StandardCharsets.UTF_8));
                producer.send(record).get();
            }
        }
    }

    static void waitFor(String bootstrap, int results) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap, "group.id", "watch", "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("rates", "readings-dlq"));
            long end = System.currentTimeMillis() + 60_000;
            for (int seen = 0; seen < results; seen += consumer.poll(Duration.ofMillis(500)).count()) {
                if (System.currentTimeMillis() > end) {
                    throw new IllegalStateException("only " + seen + " results within a minute");
                }
            }
        }
    }
}
