import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Reads orders and sends what follows: as a new record, and with the headers that were read. Argument: bootstrap. */
public class PlainClients {

    static final int ORDERS = 2;

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", arguments[0], "group.id", "shipping", "auto.offset.reset", "earliest");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
                var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            for (int number = 1; number <= ORDERS; number++) {
                producer.send(new ProducerRecord<>("orders", "ord-" + number, "{}")).get();
            }
            consumer.subscribe(List.of("orders"));
            for (int seen = 0; seen < ORDERS; ) {
                for (ConsumerRecord<String, String> order : consumer.poll(Duration.ofSeconds(1))) {
                    producer.send(new ProducerRecord<>("shipments", order.key(), "{}")).get();
                    producer.send(new ProducerRecord<>("invoices", null, order.key(), "{}", order.headers())).get();
                    seen++;
                }
            }
        }
    }
}
