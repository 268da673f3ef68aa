"""Things that school problems count, in the plural, so that `72 clips` answers 72 as `15 cm` answers 15.

Nouns after a number or "how many" in GSM8K's training questions, and those of combinatorics."""

COUNTED = """
clicks downloads followers posts subscribers views
accidents acorns acres actors addresses adults afternoons agents airplanes albums alligators amulets angles animals
answers antacids antelopes antlers ants apartments appetizers apples apps aprons aquariums armchairs arms arrangements
arrests arrives artichokes articles artifacts artworks asparagus assignments athletes attendees aunts avocados awards
babies backpacks badges bags baguettes bales balloons balls bananas bandages bands barbells barrels barrettes bars
baseballs basketballs baskets basses batches bathrooms batteries beads beakers beans bears beats beavers bedbugs
bedrooms beds beehives bees beetles beignets belts benches berets berries bicycles bikes billboards bills binders
biographies birches birdhouses birds biscuits bitcoins bites blackbirds blankets blisters blocks blossoms blouses
blueberries bluegills boards boas boats bollards bolts bones bonnets bonus bookmarks books bottles boulders bouquets
bowlfuls bowls boxcars boxes boys bracelets branches breaths bricks bridesmaids brochures broomsticks brothers
brownies brunettes bubbles buckets buffaloes bugs builders buildings bulbs bulls bunches bundles bunnies buns burgers
burritos burrs buses bushels bushes businesses butterflies buttons buyers cabinets cakes calculators calls calories
campers candies candles cannoneers cans cantaloupes canvases caps capsules caravans cardinals cards carnations
carpenters carpets carriages carrots cars cartons carts cases caterpillars cats ceilings cells centers centimeters
cents chairs channels chapters characters chargers charges charms charts cheerleaders cheesecakes cheezits chefs
cherries chests chickens chicks chihuahuas children chimps chipmunks chips chives chocolates chores chrysanthemums
circles citations cities citizens claims clamps clarinets classes classmates classrooms clerks clients clips cloaks
clocks clothes clotheslines clouds clovers cloves clusters coaches coals coats cobs coconuts coffees coins collectors
colleges colonies colors columns combinations comics commercials commons computers cones consonants contacts
containers contestants contracts cookbooks cookies coolers copies coronavirus counters countries counts couples
coupons courses cows crabs crackers crafts cranberries cranes craters crates crayons creams credits crickets
croissants crosswalks croutons crows cubes cubs cucumbers cumulonimbus cupcakes cups curlers customers daisies dancers
dandelions darts daughters days decks decorations deers degrees delegates deliveries demerits desks devices diapers
diaries digits dimes dinners dishes dislikes divisors doctors documentaries dodgeballs dogs dollars dolls dolphins
dominoes donations donuts doors dots doubles doughnuts doughs drawings dreadnoughts dreams dresses drinks drivers
driveways drops drummers drums dryers ducklings ducks earrings ears eaters edges eels eggplants eggs elements
elephants emails employees emus enemies engines entrees envelopes episodes erasers essays euros exams eyes faces
facilities factors falls families fans farmhands farms farthings feathers feet females fences ferns fields fights
figures figurines files filets fillets films finches fingers firecrackers firefighters fireflies fires fireworks fish
fishes flags flashcards flats flavors fleas flies flights floors flowers flutes flyers folders foldings followers
footballs footprints forks forms foxes frames friends fries frisbees frogs fronds fruits galleries gallons games
gardens geckos geese gems gemstones geraniums gerbils gharials gifts gigabytes gigs gingerbreads giraffes girls
glasses gnomes goals goats graders graduates grains grams granddaughters grandparents grapes graphics grasshoppers
groups guests guitars gumballs guppies gusts gyms haircuts hairs halls hamburgers handbags hands hangers hares
hatchlings hats heads heaps hearts hectares helpers hens hexagons hibiscus highlighters hikes hills hippos hits hives
hogs holes homes honeydews hoots hops horses hospitals hotdogs hours households houses humans hushpuppies hybrids
iguanas images inches individuals infections ingredients insects instances instructors integers intersections
invitations islands items jackets jacks jaguars jars jays jeans jellybeans jerseys jewels jobs joggers jokes jugs
juices jumpers jumps juniors kangaroos kernels kettles keyboards keys kids kilobytes kilograms kilometers kilos
kilowatts kindergartners kinds kitchens kittens knives knockouts knots koalas ladders ladies ladybugs lambs lamps laps
laptops lasagnas lattes lawns layers layups leaves legos legs leis lemons lengths lens leopards lessons letters levels
licks lids lighters lights likes lilacs lilies limbs limes lines links lions lipsticks listens liters lizards llamas
loads loaves loggers logs lollipops loops losses lots lunches lychees macarons macaroons machines magazines maggots
magnets magpies males managers mangoes mangos marbles marigolds markers marks marshmallows mascots masks matchbooks
matchboxes matches matchsticks maths matrices mats meals meatballs medals megabits megabytes members men messages
meters mice miles milkshakes milligrams milliliters millipedes minerals minis minks minnows minutes mistakes models
monitors monkeys monsters months mores mosquitoes motorcycles mountains moves movies muffins mugs murals mushrooms
musicians nails napkins naps narcissus necklaces nectarines neighbors nephews nerds newborns newspapers nickels nieces
nights noodles noses notebooks notes novels numbers nurses nuts objects olives onions oranges orchards orchids orcs
orders organizations orphanages ounces outcomes outsiders ovens oysters packages packets packs pages pails
paintbrushes paintings pallets palms pamphlets pancakes pandas panels pans pansies pants papayas paperclips papers
paragraphs parakeets parents parrots parsecs parsnips participants particles parties parts passengers passes pastries
patches paths patients patrons pawpaws paws paychecks payments peaches peanuts pearls pears pebbles pencils penguins
pennies pens pentagons people peppers performances periods permits permutations pesetas petals pets petunias pfennigs
phones photographs photos pianists pickles picks pictures pieces pies pigeons piglets pigs piles pillows pills
pineapples pinecones pines pins pints pirates pistachios pitches pixels pizzas planets planks planters plants plates
players plays plugs plums pockets pods poets pointers points poles polishes pollywogs pomelos poodles pools pops
popsicles portions portraits posters potatoes pots pouches pounds precious pregnancies presents pretzels primes
printers problems products programs puffs pugs pumpkins pumps pupils puppies pups purses pushups puzzles quarts
questions quests quiches quilts quizzes rabbits racers racquets radishes raisins raspberries rats reams records
recoveries rectangles reels refrigerators regions reps requests residents restaurants rheas rhinestones rhinos ribbons
riddles ridges rings robes robins robots rocks rods rollercoasters rolls roofs roommates rooms roosters roots roses
rotations rounds rows ruffles rugs rungs sacks sailors salads sales salmons salons salutations samples sandcastles
sandwiches saplings sausages savings scallops scarves schoolers schools scientists scissors scoops scorpions scouts
screens screws seagulls seashells seasons seats seconds sections sectors seedlings seeds segments semesters sentences
sequins servings sessions sets settings shakes shares sharks sheep sheets shells shelves shingles shipments shirts
shoes shorts shots showers shows siblings sides sightings signs singers singles sisters sites situps skeletons skips
skirts slacks sleeves slices slots smartphones smoothies snails snakes snapdragons snowballs snowflakes soaps socks
sodas soldiers solutions songs sonnets sons soups spaces sparklers spears species spectators spellbooks spiders
spiderwebs spokes spools spoonfuls spoons sports spots sprigs squads squares squats squirrels stables stacks
staircases stairs stakes stalks stamps stanzas staplers stars states statues steaks stems stencils steps stickers
sticks stimulus stingrays stitches stones stools stoplights stops stores stories strands strawberries straws
streetlights streets strikers strings stripes strips strokes students stuffers stuffies styles subjects subscribers
subsections subsets substitutions suckers suggestions suitcases suits sundaes sunflowers supplements supplies surfers
surveys swallows swans sweaters sweatshirts sweets systems tables tablespoons tabs tacks tadpoles tails tangerines
tanks tarantulas tasks taxis teachers teacups teams tears teas teaspoons teddies tees teeth televisions tennis tents
terms terriers teslas tests tetrises textbooks texts thermoses things throws tickets ties tigers tiles tins tires
tissues toads toddlers toenails toes tokens tomatoes tonnes tons tools toonies toothbrushes toothpicks toppings tops
touchdowns tourists towards towels towers towns toys tractors trainers trains trays treadmills treasures treats trees
triangles tricycles triples tripodasauruses trips trolls trombones trophies trouts trucks trumpets tubas tubes tubs
tulips tumblers tuples turkeys turns turtles twigs types ukuleles umbrellas uncles unicorns unicycles uniforms units
vacations vaccines values vampires vans vectors vegetables vehicles vents vertices vessels vets vibrations videos
viewers views vines visitors visits volleyballs volunteers voters votes vowels waiters walls walnuts warthogs washers
watermelons watts ways weasels websites wedges weeds weekends weeks weights werewolves whales wheels whiskers
whistlers whiteboards widgets wights wigs wildflowers windows wings wipes wolves wombats women woodblocks words
workdays workers worksheets worms yards yarns years yogurts yolks zebras zeroes zeros zits zombies
""".split()
